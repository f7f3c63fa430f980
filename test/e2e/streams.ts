import { addresses, type Family } from '../../lab/addresses.ts';
import type { HostProcess } from '../../lab/host-process.ts';
import type { Lab } from '../../lab/lab.ts';
import type { Mode } from '../../src/config/router-config.ts';
import { echoPort, patience } from './router-pod.ts';

/** socat's words for an address that leads from a client in the cluster through the router to the TCP echo outside. */
export function streamAddress(mode: Mode, family: Family): string {
  const { subnet, outside } = addresses[family];
  const port = echoPort(mode, family);
  if (mode !== 'http-proxy') return `TCP:${bracket(subnet.router)}:${port}`;
  return `PROXY:${bracket(subnet.router)}:${bracket(outside.servers[0])}:7,proxyport=${port}`;
}

/** Opens a connection from the client pod through the router to the TCP echo outside, and says a line over it. The lab ends it. */
export async function openStream(lab: Lab, mode: Mode, family: Family): Promise<HostProcess> {
  const stream = lab.attach(await lab.host('client').spawn('socat', ['-', streamAddress(mode, family)], { keepInput: true }));
  await say(stream, 'opened');
  return stream;
}

/** Sends a line over an open stream and waits until it comes back. @throws Error when it does not */
export async function say(stream: HostProcess, line: string): Promise<void> {
  stream.write(`${line}\n`);
  await stream.line(line, 'stdout', patience);
}

function bracket(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}
