import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { parseSettings } from '../../src/config/parse-settings.ts';
import type { Settings } from '../../src/config/settings.ts';
import { ProxyWorkers } from '../../src/http-proxy/proxy-workers.ts';
import { allocateSharedMemory } from '../../src/http-proxy/shared-state.ts';
import { type ChildProxy, startProxy } from './child-proxy.ts';
import { answer, type Client, openClient, openDestination, statusOf, until } from './sockets.ts';

const rules = ['127.0.0.2'];
const hash = '$2b$04$5WJhXiOA4tGsFSvtuonGl.2xFJCOgTkwJUKfy2OvKLogF6FBNkZUK';

/** A proxy of three workers: with so few connections as in these tests, two would often get all or nothing. */
function startWorkers(t: TestContext, settings: Partial<Settings> = {}): Promise<ChildProxy> {
  return startProxy(t, '', rules, { settings: { ...settings, httpWorkers: 3 } });
}

/** So many clients that have sent this, each over a connection of its own, with what they got. */
async function ask(t: TestContext, port: number, count: number, text: string): Promise<Client[]> {
  const clients = await Promise.all(Array.from({ length: count }, () => openClient(t, port)));
  for (const { socket } of clients) socket.write(text);
  await until(
    () => clients.every(({ received }) => received().includes('\r\n\r\n')),
    () => JSON.stringify(clients.map(({ received }) => received())),
  );
  return clients;
}

const countStatus = (clients: readonly Client[], status: number) =>
  clients.filter(({ received }) => statusOf(received()) === status).length;

const logged = ({ lines }: ChildProxy) => lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));

test('workers: all of them listen on the one port', async (t) => {
  const { port, child } = await startWorkers(t);
  const table = await readFile(`/proc/${child.pid}/net/tcp6`, 'utf8');
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const listening = table.split('\n').filter((line) => line.includes(`:${hex} `) && / 0A /.test(line));
  assert.equal(listening.length, 3);
});

test('workers: a port that another program has is LISTEN_FAILED, and no thread is left', async (t) => {
  const other = await openDestination(t);
  const { value: settings } = parseSettings({});
  assert.ok(settings);
  const exits: Promise<unknown>[] = [];
  const started = ProxyWorkers.start({
    list: { mode: 'http-proxy', rules: [] },
    config: {
      settings: { ...settings, httpProxyPort: other.port },
      clients: { prefixes: undefined, users: undefined },
      cluster: { nameservers: [], apiServer: undefined, cidrs: [] },
    },
    memory: allocateSharedMemory({ served: 1, refused: 1, dialled: 1 }),
    count: 2,
    startWorker: (order) => {
      const worker = new Worker(new URL('programs/proxy.ts', import.meta.url), { workerData: order });
      exits.push(once(worker, 'exit'));
      return worker;
    },
    writeLines: () => {},
  });
  await assert.rejects(started, { code: 'LISTEN_FAILED', remedy: 'set EGRESS_HTTP_PROXY_PORT to a free port' });
  assert.equal((await Promise.all(exits)).length, 1, 'the second one was not started');
});

test('workers: the limit of tunnels of a client holds for all of them together, to the last one', async (t) => {
  const destination = await openDestination(t);
  const { port } = await startWorkers(t, { httpClientTunnels: 7 });
  const connect = `CONNECT ${destination.authority} HTTP/1.1\r\nHost: x\r\n\r\n`;
  for (let round = 0; round < 3; round += 1) {
    const clients = await ask(t, port, 30, connect);
    assert.deepEqual([countStatus(clients, 200), countStatus(clients, 429)], [7, 23]);
    for (const { socket } of clients) socket.destroy();
    await until(() => destination.sockets.every(({ destroyed, readableEnded }) => destroyed || readableEnded));
    for (const socket of destination.sockets) socket.destroy();
    // The last place is free once the tunnel is at an end on both sides.
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
});

test('workers: the limit of requests of a client holds for all of them together', async (t) => {
  const destination = await openDestination(t);
  const { port } = await startWorkers(t, { httpClientRequests: 5 });
  const get = `GET http://${destination.authority}/ HTTP/1.1\r\nHost: x\r\n\r\n`;
  const clients = await Promise.all(Array.from({ length: 20 }, () => openClient(t, port)));
  for (const { socket } of clients) socket.write(get);
  await until(() => countStatus(clients, 429) === 15 && destination.sockets.length === 5);
  for (const socket of destination.sockets) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
  await until(() => countStatus(clients, 200) === 5);
});

test('workers: the limit of connections holds for all of them together, and the log says once that it is reached', async (t) => {
  const proxy = await startWorkers(t, { httpConnections: 6 });
  const clients = await ask(t, proxy.port, 24, 'GET http://192.0.2.1/ HTTP/1.1\r\nHost: x\r\n\r\n');
  assert.deepEqual([countStatus(clients, 403), countStatus(clients, 503)], [6, 18]);
  for (const { socket } of clients) socket.destroy();
  await until(() => proxy.lines.some((line) => line.includes('no longer turned away')));
  const warnings = logged(proxy).filter(({ level }) => level === 'warn');
  assert.equal(warnings.length, 1);
});

test('workers: each request has one line in the log, whole, and reaches the destination once', async (t) => {
  const destination = await openDestination(t, answer('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
  const proxy = await startWorkers(t);
  const clients = await Promise.all(Array.from({ length: 30 }, () => openClient(t, proxy.port)));
  const each = 40;
  await Promise.all(
    clients.map(async ({ socket, received }, client) => {
      for (let count = 1; count <= each; count += 1) {
        socket.write(`GET http://${destination.authority}/${client}-${count}- HTTP/1.1\r\nHost: x\r\n\r\n`);
        await until(() => received().split('\r\n\r\nok').length === count + 1);
      }
    }),
  );
  const total = clients.length * each;
  await until(
    () => proxy.lines.length === total,
    () => `${proxy.lines.length} lines`,
  );
  assert.deepEqual(
    new Set(logged(proxy).map(({ msg, status, decision }) => `${msg} ${status} ${decision}`)),
    new Set(['request 200 allow']),
  );
  assert.equal(new Set(destination.received().match(/\/\d+-\d+-/g)).size, total);
  assert.equal(destination.received().match(/GET \//g)?.length, total);
});

test('workers: when the proxy is closed, what is open ends as it would, what is left is reset, every line is written, and the process ends', async (t) => {
  const destination = await openDestination(t);
  const proxy = await startWorkers(t);
  const get = `GET http://${destination.authority}/ HTTP/1.1\r\nHost: x\r\n\r\n`;
  const clients = await Promise.all(Array.from({ length: 12 }, () => openClient(t, proxy.port)));
  for (const { socket } of clients) socket.write(get);
  await until(() => destination.sockets.length === 12);
  proxy.child.stdin?.end();
  const isOpen = () =>
    openClient(t, proxy.port).then(
      () => true,
      () => false,
    );
  while (await isOpen());
  for (const socket of destination.sockets.slice(0, 8)) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
  const ended = await Promise.all(clients.map((client) => client.end()));
  assert.equal(ended.filter((text) => statusOf(text) === 200).length, 8);
  assert.equal(clients.filter((client) => client.wasReset()).length, 4);
  if (proxy.child.exitCode === null) await once(proxy.child, 'exit');
  assert.equal(proxy.child.exitCode, 0);
  assert.equal(logged(proxy).filter(({ msg }) => msg === 'request').length, 12);
});

test('workers: users that are taken away are nobody to all of them', async (t) => {
  const destination = await openDestination(t, answer('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'));
  const users = [{ name: 'alice', passwordHash: hash, line: 1 }];
  const proxy = await startProxy(t, '', rules, { settings: { httpWorkers: 3 }, users });
  const authorization = `Proxy-Authorization: Basic ${Buffer.from('alice:secret').toString('base64')}`;
  const get = `GET http://${destination.authority}/ HTTP/1.1\r\nHost: x\r\n${authorization}\r\n\r\n`;
  assert.equal(countStatus(await ask(t, proxy.port, 12, get), 200), 12);
  proxy.child.kill('SIGUSR2');
  await until(() => proxy.lines.includes('users replaced'));
  while (countStatus(await ask(t, proxy.port, 12, get), 407) < 12);
});

test('workers: one whose event loop stands still is told of, and no longer when it turns again', async (t) => {
  const proxy = await startWorkers(t);
  const client = await openClient(t, proxy.port);
  client.socket.write('GET http://blocks.example/ HTTP/1.1\r\nHost: x\r\n\r\n');
  const stalled = () => proxy.lines.filter((line) => line.startsWith('stalled'));
  await until(() => stalled().length > 0);
  assert.match(stalled()[0] ?? '', /^stalled worker [123] of the HTTP proxy has not turned its event loop for [678] s$/);
  await client.waitFor('HTTP/1.1 ');
  const count = stalled().length;
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  assert.ok(stalled().length <= count + 2, 'it is still told of');
});
