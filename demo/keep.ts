import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { places, type Stage } from './stage.ts';

const hosts = ['client', 'router', 'node', 'gateway', 'outside'] as const;

/**
 * Leaves the network up and opens a shell in which each host's name is a command that runs another one there. The network ends with the shell.
 * The shell reads standard input, so a script can play too.
 * @param request what curl is given for a request through the router
 */
export async function keepUp({ lab, report }: Stage, request: string): Promise<void> {
  const folder = join(lab.folder, 'bin');
  await mkdir(folder);
  for (const name of hosts) {
    const words = lab.host(name).words('"$@"', []).join(' ');
    await writeFile(join(folder, name), `#!/bin/bash\nexec ${words}\n`, { mode: 0o755 });
  }
  report.heading('The network is up; this shell is inside it');
  report.say(
    `${hosts.join(', ')}: each name is a command that runs another one on that host.`,
    '',
    ...[
      [`client curl ${request}`, 'a request through the router'],
      [`client curl http://${places.server}/`, 'the same without it'],
      ['router nft list table inet egress_router', 'translation and guards'],
      ['router ip rule; router ip route show table 17746', 'how it is routed'],
      ['gateway tcpdump -ni any port 80', 'what the LAN sees'],
      ['exit', 'ends it all'],
    ].map(([command = '', shows]) => `${command.padEnd(70)} ${shows}`),
  );
  const shell = spawn('bash', ['--norc'], {
    stdio: 'inherit',
    env: { ...process.env, PATH: `${folder}:${process.env.PATH}`, PS1: 'egress-router demo $ ' },
  });
  await new Promise((resolve) => shell.once('exit', resolve));
}
