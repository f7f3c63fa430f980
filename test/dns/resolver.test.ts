import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { createResolver, type Resolver } from '../../src/dns/resolver.ts';
import { type Nameserver, startNameserver, zone } from './nameserver.ts';

async function open(t: TestContext, records: readonly string[]) {
  const nameserver = await startNameserver();
  t.after(() => nameserver[Symbol.asyncDispose]());
  await nameserver.setRecords(records);
  return nameserver;
}

function resolverOf(t: TestContext, nameservers: readonly Nameserver[], timeout = 3_000): Resolver {
  const port = nameservers[0]?.port ?? 53;
  const resolver = createResolver({ nameservers: nameservers.map(({ address }) => address), port, timeout });
  t.after(() => resolver.close());
  return resolver;
}

const texts = async (resolver: Resolver, name: string) => (await resolver.resolve(`${name}.${zone}`)).addresses.map(({ text }) => text);

test('resolve: every A and AAAA record counts, once, with the smallest TTL of both; a CNAME is followed and is no address', async (t) => {
  const resolver = resolverOf(t, [await open(t, ['db 9 A 192.0.2.1', 'db 9 A 192.0.2.2', 'db 7 AAAA 2001:db8::1', 'www 3 CNAME db'])]);
  assert.deepEqual(new Set(await texts(resolver, 'db')), new Set(['192.0.2.1', '192.0.2.2', '2001:db8::1']));
  assert.equal((await resolver.resolve(`db.${zone}`)).ttl, 7_000);
  assert.deepEqual(new Set(await texts(resolver, 'www')), new Set(['192.0.2.1', '192.0.2.2', '2001:db8::1']));
  assert.equal((await resolver.resolve(`www.${zone}`)).ttl, 3_000);
});

test('resolve: a TTL below one second counts as one second, above one hour as one hour', async (t) => {
  const resolver = resolverOf(t, [await open(t, ['zero 0 A 192.0.2.1', 'month 2592000 A 192.0.2.1'])]);
  assert.equal((await resolver.resolve(`zero.${zone}`)).ttl, 1_000);
  assert.equal((await resolver.resolve(`month.${zone}`)).ttl, 3_600_000);
});

test('resolve: a name with addresses of one family only is whole', async (t) => {
  const resolver = resolverOf(t, [await open(t, ['four 5 A 192.0.2.1', 'six 5 AAAA 2001:db8::1'])]);
  for (const [name, address] of [
    ['four', '192.0.2.1'],
    ['six', '2001:db8::1'],
  ] as const) {
    const answer = await resolver.resolve(`${name}.${zone}`);
    assert.deepEqual([answer.addresses.map(({ text }) => text), answer.failures], [[address], []]);
  }
});

test('resolve: an answer that does not fit into a datagram is fetched by TCP, whole', async (t) => {
  const records = Array.from({ length: 200 }, (_, index) => `many 5 A 192.0.2.${index + 1}`);
  const resolver = resolverOf(t, [await open(t, records)]);
  assert.equal((await texts(resolver, 'many')).length, 200);
});

test('resolve: nameservers are asked over IPv6 too', async (t) => {
  const nameserver = await startNameserver('ipv6');
  t.after(() => nameserver[Symbol.asyncDispose]());
  await nameserver.setRecords(['db 5 A 192.0.2.1']);
  assert.deepEqual(await texts(resolverOf(t, [nameserver]), 'db'), ['192.0.2.1']);
});

test('resolve: NXDOMAIN, no address, SERVFAIL, REFUSED and an impossible name are told apart', async (t) => {
  const nameserver = await open(t, ['text 5 TXT hello']);
  await nameserver.setFailing(['broken']);
  const resolver = resolverOf(t, [nameserver]);
  for (const [name, kind] of [
    [`nobody.${zone}`, 'not-found'],
    [`text.${zone}`, 'no-data'],
    [`broken.${zone}`, 'server-failed'],
    ['elsewhere.example', 'server-failed'],
    ['localhost', 'server-failed'],
    [`a..${zone}`, 'not-found'],
  ] as const) {
    await assert.rejects(resolver.resolve(name), { name: 'DnsError', kind }, name);
  }
});

test('resolve: a nameserver that is not there is unreachable at once, one that is silent is a timeout when it is due', async (t) => {
  const nameserver = await open(t, ['db 5 A 192.0.2.1']);
  const resolver = resolverOf(t, [nameserver], 700);
  await nameserver.suspend();
  const started = performance.now();
  await assert.rejects(resolver.resolve(`db.${zone}`), { kind: 'timeout' });
  const elapsed = performance.now() - started;
  assert.ok(elapsed >= 690 && elapsed < 3_000, `${elapsed} ms`);
  nameserver.resume();
  await nameserver.stop();
  await assert.rejects(resolver.resolve(`db.${zone}`), { kind: 'unreachable' });
  await assert.rejects(resolverOf(t, []).resolve(`db.${zone}`), { kind: 'unreachable' });
});

test('resolve: a silent nameserver that speaks again is heard within about a second, by the look-up that is under way', async (t) => {
  const nameserver = await open(t, ['db 5 A 192.0.2.1']);
  const resolver = resolverOf(t, [nameserver], 5_000);
  await nameserver.suspend();
  const pending = texts(resolver, 'db');
  setTimeout(() => nameserver.resume(), 1_500);
  const started = performance.now();
  assert.deepEqual(await pending, ['192.0.2.1']);
  assert.ok(performance.now() - started < 4_500);
});

test('resolve: a dead, silent or failing first nameserver costs at most a second and then is asked last', async (t) => {
  const good = await open(t, ['db 5 A 192.0.2.1']);
  const silent = createSocket('udp4');
  silent.bind(good.port, '127.0.0.2');
  await once(silent, 'listening');
  t.after(() => silent.close());
  const nameservers = [{ ...good, address: { family: 'ipv4', text: '127.0.0.2', octets: [127, 0, 0, 2] } as const }, good];
  const resolver = resolverOf(t, nameservers);
  const elapsed: number[] = [];
  for (let index = 0; index < 2; index += 1) {
    const started = performance.now();
    assert.deepEqual(await texts(resolver, 'db'), ['192.0.2.1']);
    elapsed.push(performance.now() - started);
  }
  assert.ok((elapsed[0] ?? 0) < 2_800 && (elapsed[1] ?? 0) < 900, elapsed.join(' '));

  const failing = createSocket('udp4').on('message', (query, peer) => {
    // The query as its own answer: the QR bit, and SERVFAIL for its code (RFC 1035 4.1.1).
    const answer = Buffer.from(query);
    answer.writeUInt8(answer.readUInt8(2) | 0x80, 2);
    answer.writeUInt8((answer.readUInt8(3) & 0xf0) | 2, 3);
    failing.send(answer, peer.port, peer.address);
  });
  failing.bind(good.port, '127.0.0.3');
  await once(failing, 'listening');
  t.after(() => failing.close());
  const second = resolverOf(t, [{ ...good, address: { family: 'ipv4', text: '127.0.0.3', octets: [127, 0, 0, 3] } }, good]);
  assert.deepEqual(await texts(second, 'db'), ['192.0.2.1']);
  await assert.rejects(second.resolve(`nobody.${zone}`), { kind: 'not-found' });
});

test('resolve: a family that fails while the other is answered is reported, and the answer is good for a second only', async (t) => {
  // Answers A (QTYPE 1) with one record and AAAA (QTYPE 28) with SERVFAIL.
  const server = createSocket('udp4').on('message', (query, peer) => {
    const end = query.indexOf(0, 12) + 5;
    const isA = query.readUInt16BE(end - 4) === 1;
    const head = Buffer.from(query.subarray(0, end));
    head.writeUInt16BE(isA ? 0x8180 : 0x8182, 2);
    head.writeUInt16BE(isA ? 1 : 0, 6);
    head.writeUInt32BE(0, 8);
    const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1]);
    server.send(isA ? Buffer.concat([head, record]) : head, peer.port, peer.address);
  });
  server.bind(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const resolver = createResolver({
    nameservers: [{ family: 'ipv4', text: '127.0.0.1', octets: [127, 0, 0, 1] }],
    port: server.address().port,
    timeout: 1_000,
  });
  const answer = await resolver.resolve('db.example');
  assert.deepEqual(
    answer.addresses.map(({ text }) => text),
    ['192.0.2.1'],
  );
  assert.deepEqual([answer.ttl, answer.failures.map(({ family, error }) => [family, error.kind])], [1_000, [['ipv6', 'server-failed']]]);
});

test('close: ends look-ups that are under way, and no descriptor is left', async (t) => {
  const nameserver = await open(t, []);
  const before = readdirSync('/proc/self/fd').length;
  const resolver = resolverOf(t, [nameserver]);
  await nameserver.suspend();
  const pending = assert.rejects(resolver.resolve(`db.${zone}`), { kind: 'closed' });
  resolver.close();
  await pending;
  assert.equal(readdirSync('/proc/self/fd').length, before);
});
