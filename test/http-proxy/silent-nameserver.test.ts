import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { carryHttp } from '../../src/cli/carry-http.ts';
import type { Effects } from '../../src/cli/effects.ts';
import { parseAccessList } from '../../src/config/access-list.ts';
import { parseSettings } from '../../src/config/parse-settings.ts';
import type { Log } from '../../src/observe/log.ts';
import { forms } from './forms.ts';
import { address, type LogLine } from './proxy.ts';
import { openClient, statusOf, until } from './sockets.ts';

/** An address of loopback that is this process's own (a process id has 22 bits); IPv6 has only one. */
const ownAddresses = { ipv4: `127.${64 + (process.pid >> 16)}.${(process.pid >> 8) & 255}.${process.pid & 255}`, ipv6: '::1' };

const unused = (): never => {
  throw new Error('this is not to be used here');
};
const effects: Effects = {
  programName: 'egress-router',
  env: {},
  terminal: false,
  readFile: unused,
  run: unused,
  print: unused,
  printError: unused,
  writeTerminationMessage: unused,
  drainOnTerminate: unused,
  startWorker: unused,
};

/** Carries the mode as the program does, with a nameserver at this address. */
async function carry(t: TestContext, nameserver: string) {
  const { value: settings } = parseSettings({ EGRESS_DNS_TIMEOUT: '300ms', EGRESS_HTTP_PROXY_WORKERS: '1' });
  const { value: list } = parseAccessList({ variable: 'LIST', text: '*' }, []);
  assert.ok(settings && list);
  const lines: LogLine[] = [];
  const ignore = () => {};
  const log: Log = { debug: ignore, info: (line) => lines.push({ ...line }), warn: ignore, error: ignore };
  const config = {
    settings: { ...settings, httpProxyPort: 0 },
    clients: { prefixes: undefined, users: undefined },
    cluster: { nameservers: [address(nameserver)], apiServer: undefined, cidrs: [] },
  };
  const carrier = await carryHttp(list, config, log, effects);
  t.after(() => carrier.close(AbortSignal.abort()));
  return { port: carrier.ports[0] ?? 0, lines };
}

for (const { title, family, host, name, head } of forms) {
  test(`EGRESS_DNS_TIMEOUT: a nameserver that is silent for so long is 503 (${title})`, async (t) => {
    const socket = createSocket(family === 'ipv4' ? 'udp4' : 'udp6');
    t.after(() => socket.close());
    let queries = 0;
    socket.on('message', () => {
      queries += 1;
    });
    await once(socket.bind(53, ownAddresses[family]), 'listening');
    const { port, lines } = await carry(t, ownAddresses[family]);
    const client = await openClient(t, port, { host });
    client.socket.write(`${head(80).replace(name, 'silent.example')}Connection: close\r\n\r\n`);
    const response = await client.end();
    assert.equal(statusOf(response), 503);
    assert.match(response, /error=dns_timeout; details="no answer for silent\.example within 300 ms"/);
    assert.ok(queries >= 2, `${queries} queries`);
    await until(() => lines.length === 1);
    assert.ok(Number(lines[0]?.durationMs) >= 290, JSON.stringify(lines));
  });
}
