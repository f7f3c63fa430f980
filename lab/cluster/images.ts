import { execFile } from 'node:child_process';
import { accessSync } from 'node:fs';
import { promisify } from 'node:util';
import { clientImage } from './cluster.ts';
import { writeImageArchive } from './image-archive.ts';
import { sandboxImage } from './node-config.ts';

const clientPrograms = ['dash', 'curl', 'dig', 'ip', 'nft', 'conntrack', 'ping', 'socat', 'tcpdump'];

/** Writes the archives of the sandbox's and the client's image into `folder`, and returns their paths. */
export async function writeImages(folder: string): Promise<readonly string[]> {
  const busybox = locate('busybox');
  const { stdout } = await promisify(execFile)(busybox, ['--list']);
  const applets = stdout.trim().split('\n');
  const sandbox = `${folder}/sandbox.tar`;
  const client = `${folder}/client.tar`;
  await writeImageArchive({ name: sandboxImage, command: ['/bin/busybox', 'sleep', 'infinity'], programs: [busybox] }, sandbox);
  await writeImageArchive(
    {
      name: clientImage,
      command: ['sleep', 'infinity'],
      programs: [busybox, ...clientPrograms.map(locate)],
      // busybox's own shell would run its applets `ip` and `ping` before the programs.
      links: [['sh', 'dash'], ...applets.map((applet) => [applet, 'busybox'] as const)],
    },
    client,
  );
  return [sandbox, client];
}

/** @throws Error when no folder has it. */
function locate(program: string): string {
  for (const folder of ['/usr/bin', '/bin', '/usr/sbin', '/sbin']) {
    try {
      accessSync(`${folder}/${program}`);
      return `${folder}/${program}`;
    } catch {
      // Perhaps in the next one.
    }
  }
  throw new Error(`the program '${program}' is missing`);
}
