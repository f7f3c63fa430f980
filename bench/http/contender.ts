import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { addresses } from '../../lab/addresses.ts';
import type { HostProcess } from '../../lab/host-process.ts';
import type { Lab } from '../../lab/lab.ts';
import { formatSquidConfiguration } from './squid.ts';
import { formatTinyproxyConfiguration } from './tinyproxy.ts';

const relayProgram = fileURLToPath(new URL('../programs/relay.ts', import.meta.url));

/** A proxy that can be measured; `checkout` is ours as it is in another checkout, `relay` the least that a proxy on Node can do. */
export type ContenderName = 'egress-router' | 'checkout' | 'squid' | 'tinyproxy' | 'relay';

/** Those that know no list, or would not be asked more than how much they carry. */
export const carriersOnly: readonly ContenderName[] = ['tinyproxy', 'relay'];

/** How a proxy is started. */
export interface ContenderOptions {
  readonly name: ContenderName;
  readonly port: number;
  /** The access list, in our grammar. Not everybody has one. */
  readonly rules: readonly string[];
  readonly core: number;
  /** Where what reads the log runs. */
  readonly logCore: number;
  /** The folder of the other checkout. */
  readonly checkout: string | undefined;
  /** Variables of ours besides those that it needs. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Starts a proxy in the router pod, pinned to its core; it does not serve yet. The caller disposes of it. */
export async function startContender(lab: Lab, options: ContenderOptions): Promise<HostProcess> {
  const { name, port, rules, core } = options;
  const file = `${lab.folder}/${name}-${port}`;
  const pinned = ['-c', String(core)];
  switch (name) {
    case 'egress-router':
      return startOurs(lab, process.cwd(), file, options);
    case 'checkout':
      return startOurs(lab, options.checkout ?? process.cwd(), file, options);
    case 'squid':
      await writeFile(file, formatSquidConfiguration({ port, rules }));
      return lab.host('router').spawn('taskset', [...pinned, 'squid', '-N', '-f', file]);
    case 'tinyproxy':
      await writeFile(file, formatTinyproxyConfiguration(port));
      return lab.host('router').spawn('taskset', [...pinned, 'tinyproxy', '-d', '-c', file]);
    case 'relay':
      return lab.host('router').spawn('taskset', [...pinned, process.execPath, relayProgram, String(port), addresses.ipv4.lan.lanHost]);
  }
}

/** As its manifest starts it: without capabilities, a log line a request to a pipe that somebody reads. */
async function startOurs(lab: Lab, checkout: string, file: string, options: ContenderOptions): Promise<HostProcess> {
  const { rules, port, core, logCore, variables } = options;
  await writeFile(file, `${rules.join('\n')}\n`);
  const log = `${file}.log`;
  // The reader is no child of the proxy, so that its time is not the proxy's.
  const script = `rm -f ${log}; mkfifo ${log}; (taskset -c ${logCore} cat ${log} >/dev/null &); exec taskset -c ${core} ${checkout}/bin/egress-router >${log}`;
  const env = {
    EGRESS_HTTP_PROXY_DESTINATION_FILE: file,
    EGRESS_HTTP_PROXY_PORT: String(port),
    EGRESS_HEALTH_PORT: String(port + 1),
    ...variables,
  };
  return lab.host('router').spawn('sh', ['-c', script], { capabilities: [], env });
}
