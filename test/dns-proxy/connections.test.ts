import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { parseRouterConfig } from '../../src/config/parse-router-config.ts';
import { startDnsProxy } from '../../src/dns-proxy/dns-proxy.ts';
import { endpointRefusal } from '../../src/dns-proxy/endpoint-refusal.ts';
import { dial } from '../../src/net/dial.ts';
import { resetSocket } from '../../src/net/reset-socket.ts';
import { startNameserver } from '../dns/nameserver.ts';
import { connectTo, reached, startEndpoint, startProxy, talk, until } from './loopback.ts';

/** A proxy to the name `db`, which has the two endpoints, and to the second endpoint by its address. */
async function setUp(t: TestContext, variables: Readonly<Record<string, string>> = {}) {
  const nameserver = await startNameserver();
  t.after(() => nameserver[Symbol.asyncDispose]());
  await nameserver.setRecords(['db 1 A 127.0.0.21', 'db 1 A 127.0.0.22']);
  const first = await startEndpoint(t, '127.0.0.21');
  const second = await startEndpoint(t, '127.0.0.22', first.port);
  const proxy = await startProxy(t, nameserver, [`db ${first.port}`, `127.0.0.22 ${first.port}`], { variables });
  const [byName, byAddress] = proxy.ports;
  return { nameserver, first, second, proxy, byName, byAddress };
}

/** What `clients` workers get that talk to the proxy one connection after the other while `work` lasts. */
async function load(port: number | undefined, clients: number, work: Promise<unknown>) {
  const state = { answers: new Map<string, number>(), errors: [] as unknown[], ended: false };
  work.finally(() => {
    state.ended = true;
  });
  const client = async () => {
    while (!state.ended) {
      try {
        const answer = await talk(port, 'ping');
        state.answers.set(answer, (state.answers.get(answer) ?? 0) + 1);
      } catch (error) {
        state.errors.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return state;
}

test('startDnsProxy: connections take turns among the endpoints, and each is one line of the log', async (t) => {
  const { proxy, byName, first } = await setUp(t);
  const addresses = [];
  for (let index = 0; index < 4; index += 1) addresses.push(await reached(byName));
  assert.deepEqual(addresses.toSorted(), ['127.0.0.21', '127.0.0.21', '127.0.0.22', '127.0.0.22']);
  await until(() => proxy.lines.filter(({ msg }) => msg === 'connection').length === 4);
  assert.equal(await talk(byName, 'four'), `${addresses[0]}\nfour`);
  const { time, durationMs, ...line } = await proxy.line({ msg: 'connection', bytesUp: 4 });
  assert.ok(typeof time === 'number' && typeof durationMs === 'number' && durationMs >= 0);
  assert.deepEqual(line, {
    level: 'info',
    client: '127.0.0.1',
    listener: byName,
    destination: `db.example.test:${first.port}`,
    rule: `EGRESS_DNS_PROXY_DESTINATION:1 1 db.example.test ${first.port}`,
    endpoint: `${addresses[0]}:${first.port}`,
    decision: 'allow',
    dials: 1,
    bytesUp: 4,
    bytesDown: 15,
    reason: 'ended',
    msg: 'connection',
  });
});

test('startDnsProxy: listens on IPv6 too, and carries to IPv6 endpoints', async (t) => {
  const nameserver = await startNameserver();
  t.after(() => nameserver[Symbol.asyncDispose]());
  await nameserver.setRecords(['db 1 AAAA ::1']);
  const endpoint = await startEndpoint(t, '::1');
  const proxy = await startProxy(t, nameserver, [`db ${endpoint.port}`]);
  for (const host of ['127.0.0.1', '::1']) assert.equal(await talk(proxy.ports[0], 'six', host), '::1\nsix');
  await proxy.line({ msg: 'connection', client: '::1', endpoint: `[::1]:${endpoint.port}` });
});

test('startDnsProxy: the end of either direction is delivered while the other goes on', async (t) => {
  // Answers only when the client has finished, piece by piece; and, with `first`, finishes before the client does.
  const late = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {});
    const received: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => {
      received.push(chunk);
      if (Buffer.concat(received).toString() === 'first') socket.end('bye');
    });
    socket.on('end', () => {
      const text = Buffer.concat(received).toString();
      if (text === 'first, then more') late.emit('rest', text);
      else socket.write('got ', () => socket.end(text));
    });
  }).listen(0, '127.0.0.23');
  await once(late, 'listening');
  t.after(() => late.close());
  const bound = late.address();
  assert.ok(bound !== null && typeof bound === 'object');
  const nameserver = await startNameserver();
  t.after(() => nameserver[Symbol.asyncDispose]());
  const proxy = await startProxy(t, nameserver, [`127.0.0.23 ${bound.port}`]);
  assert.equal(await talk(proxy.ports[0], 'a question'), 'got a question');

  const rest = once(late, 'rest');
  const client = connectTo(proxy.ports[0]);
  client.write('first');
  let text = '';
  for await (const chunk of client.iterator({ destroyOnReturn: false })) text += chunk;
  assert.equal(text, 'bye');
  client.end(', then more');
  assert.deepEqual(await rest, ['first, then more']);
});

test('startDnsProxy: with one of two endpoints dead, and dying, under load, no client sees an error', async (t) => {
  const { first, proxy, byName } = await setUp(t);
  const work = (async () => {
    await proxy.line({ msg: 'connection' });
    // Bytes of a connection that breaks off in the middle are lost with any proxy; so the endpoint dies between two connections.
    await first.drain();
    await proxy.line({ msg: 'endpoint', change: 'down', endpoint: `127.0.0.21:${first.port}` });
    await new Promise((resolve) => setTimeout(resolve, 300));
    await startEndpoint(t, '127.0.0.21', first.port);
    await proxy.line({ msg: 'endpoint', change: 'up', endpoint: `127.0.0.21:${first.port}` });
  })();
  const { answers, errors } = await load(byName, 4, work);
  await work;
  assert.deepEqual(errors, []);
  assert.deepEqual([...answers.keys()].toSorted(), ['127.0.0.21\nping', '127.0.0.22\nping']);
  assert.ok(proxy.lines.some(({ msg, dials }) => msg === 'connection' && dials === 2));
});

test('startDnsProxy: a port without a healthy endpoint resets its clients at once, and carries again when one is back', async (t) => {
  const { first, second, proxy, byName, byAddress } = await setUp(t);
  assert.equal(await reached(byAddress), '127.0.0.22');
  await Promise.all([first.stop(), second.stop()]);
  for (const rule of [`1 1 db.example.test ${first.port}`, `2 2 127.0.0.22 ${first.port}`]) {
    await proxy.line({
      msg: 'endpoint',
      change: 'down',
      cause: 'refused',
      endpoint: `127.0.0.22:${first.port}`,
      rule: `EGRESS_DNS_PROXY_DESTINATION:${rule}`,
    });
  }
  await proxy.line({ msg: 'endpoint', change: 'down', cause: 'refused', endpoint: `127.0.0.21:${first.port}` });
  for (const port of [byName, byAddress]) {
    const started = performance.now();
    await assert.rejects(talk(port), { code: 'ECONNRESET' });
    assert.ok(performance.now() - started < 800, 'no dial, no pause');
  }
  await startEndpoint(t, '127.0.0.22', first.port);
  for (const port of [byName, byAddress]) await until(async () => (await reached(port).catch(() => '')) === '127.0.0.22');
});

test('startDnsProxy: a connection without a byte either way is closed after the idle timeout, one that talks is not', async (t) => {
  const { proxy, byAddress } = await setUp(t, { EGRESS_IDLE_TIMEOUT: '1s' });
  const idle = connectTo(byAddress).resume();
  const started = performance.now();
  const talking = connectTo(byAddress).resume();
  const chatter = setInterval(() => talking.write('.'), 100);
  t.after(() => clearInterval(chatter));
  await once(idle, 'end');
  const elapsed = performance.now() - started;
  assert.ok(elapsed >= 990 && elapsed < 3_000, `${elapsed} ms`);
  idle.destroy();
  await proxy.line({ msg: 'connection', reason: 'idle' });
  await new Promise((resolve) => setTimeout(resolve, 1_200));
  assert.equal(talking.readyState, 'open');
  talking.destroy();
});

test('startDnsProxy: an answer that points at the router or the cluster is no endpoint; a line that names the address is', async (t) => {
  const nameserver = await startNameserver();
  t.after(() => nameserver[Symbol.asyncDispose]());
  await nameserver.setRecords(['db 1 A 127.0.0.24', 'db 1 AAAA ::1']);
  const endpoint = await startEndpoint(t, '127.0.0.24');
  const refusal = endpointRefusal({ nameservers: [nameserver.address], apiServer: undefined, cidrs: [] }, () => []);
  const proxy = await startProxy(t, nameserver, [`db ${endpoint.port}`, `127.0.0.24 ${endpoint.port}`], { refusal });
  const [byName, byAddress] = proxy.ports;
  await assert.rejects(talk(byName), { code: 'ECONNRESET' });
  assert.equal(await reached(byAddress), '127.0.0.24');
  await proxy.line({ level: 'warn', msg: 'endpoint', change: 'refused', cause: 'loopback', endpoint: `127.0.0.24:${endpoint.port}` });
  await proxy.line({ level: 'warn', msg: 'endpoint', change: 'refused', cause: 'loopback', endpoint: `[::1]:${endpoint.port}` });
});

test('startDnsProxy: when one port cannot be bound it fails with the line in the message, and the others are closed', async (t) => {
  const { byName } = await setUp(t);
  const free = await startEndpoint(t, '127.0.0.25');
  await free.stop();
  const env = { EGRESS_DNS_PROXY_DESTINATION: `${free.port} 127.0.0.21\n${byName} 127.0.0.21` };
  const { carry, settings } = parseRouterConfig({ env, command: 'run', readFile: () => '' });
  assert.equal(carry.mode, 'dns-proxy');
  const silent = { debug() {}, info() {}, warn() {}, error() {} };
  const resolver = { resolve: () => assert.fail('no line has a name') };
  await assert.rejects(startDnsProxy(carry.routes, settings, { resolver, refusal: () => undefined, dial, log: silent }), {
    code: 'LISTEN_FAILED',
    message: `cannot listen on port ${byName} of EGRESS_DNS_PROXY_DESTINATION:2 ${byName} 127.0.0.21: EADDRINUSE`,
  });
  await assert.rejects(talk(free.port), { code: 'ECONNREFUSED' });
});

test('close: stops accepting, lets open connections finish, and resets those that are left when the signal aborts', async (t) => {
  const { proxy, byAddress, second } = await setUp(t);
  const finishing = connectTo(byAddress).setEncoding('utf8');
  const staying = connectTo(byAddress).resume();
  const reset = once(staying, 'close').catch((error: NodeJS.ErrnoException) => error.code);
  await until(() => [...second.sockets].filter(({ bytesWritten }) => bytesWritten > 0).length >= 2);
  await Promise.all([once(finishing, 'readable'), until(() => staying.bytesRead > 0)]);
  const grace = new AbortController();
  const closed = proxy.close(grace.signal);
  await assert.rejects(talk(byAddress), { code: 'ECONNREFUSED' });
  finishing.end('the rest');
  let text = '';
  for await (const chunk of finishing) text += chunk;
  assert.equal(text, '127.0.0.22\nthe rest');
  grace.abort();
  assert.equal(await reset, 'ECONNRESET');
  await closed;
  assert.equal(proxy.lines.filter(({ msg }) => msg === 'connection').length, 2);
});

test('startDnsProxy: resets of either side at any moment leave it serving, and every descriptor comes back', async (t) => {
  const { proxy, byName, byAddress, first, second } = await setUp(t);
  await reached(byName);
  const quiet = () => until(() => first.sockets.size + second.sockets.size === 0);
  await quiet();
  const descriptors = () => readdirSync('/proc/self/fd').length;
  const base = descriptors();
  const broken = Array.from({ length: 60 }, async (_, index) => {
    const client = connectTo(index % 2 === 0 ? byName : byAddress).on('error', () => {});
    const closed = new Promise((resolve) => client.once('close', resolve));
    client.resume();
    if (index % 3 > 0) client.write('x'.repeat(index * 3_000));
    if (index % 5 === 0) client.once('data', () => resetSocket(client));
    else if (index % 5 === 1) client.once('connect', () => resetSocket(client));
    else if (index % 5 === 2) setTimeout(() => resetSocket(client), index % 20);
    else if (index % 5 === 3) setTimeout(() => client.destroy(), index % 20);
    else {
      // The other side breaks off: every endpoint socket that is there when the client has heard of it.
      client.once('data', () => {
        for (const socket of [...first.sockets, ...second.sockets]) resetSocket(socket);
      });
    }
    await closed;
  });
  await Promise.all(broken);
  assert.equal((await talk(byAddress, 'fine')).endsWith('\nfine'), true);
  // Health checks come and go.
  await until(() => descriptors() <= base);
  await until(() => proxy.lines.filter(({ msg }) => msg === 'connection').length === 62);
});
