import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Gate } from './gate.ts';
import { readAll, spliced } from './spliced.fixture.ts';

/** A gate that holds for ever, but for what is given. */
const gate = (parts: Partial<Gate>): Gate => ({
  judge: () => 'hold',
  conclude: () => assert.fail('nothing was to be concluded'),
  watch: () => false,
  holdTimeout: 10_000,
  ...parts,
});

test('keepGate: what is held goes on once it passes, unchanged, while the destination may speak', async (t) => {
  let seen = '';
  const judge = (bytes: Buffer) => {
    seen += bytes;
    return seen.length < 4 ? 'hold' : 'open';
  };
  const { client, destination, result } = await spliced(t, { gate: gate({ judge }) });
  client.write('ab');
  destination.write('banner');
  await once(client, 'data');
  assert.equal(destination.bytesRead, 0);
  client.end('cdef');
  assert.equal(await readAll(destination), 'abcdef');
  destination.end();
  assert.deepEqual(await result, { bytesUp: 6, bytesDown: 6, reason: 'ended' });
});

test('keepGate: what comes behind bytes that passed is judged too, until the gate is open', async (t) => {
  const judged: string[] = [];
  const judge = (bytes: Buffer) => {
    judged.push(String(bytes));
    return bytes[0] === 111 ? 'open' : 'pass';
  };
  const { client, destination } = await spliced(t, { gate: gate({ judge }) });
  for (const text of ['a', 'b', 'o', 'c']) {
    client.write(text);
    assert.equal(String((await once(destination, 'data'))[0]), text);
  }
  assert.deepEqual(judged, ['a', 'b', 'o']);
});

test('keepGate: a gate that sees the upstream say what it waited for is open, and what was held goes on', async (t) => {
  const { client, destination } = await spliced(t, { gate: gate({ watch: (bytes) => String(bytes) === 'yes' }) });
  client.write('held');
  await delay(20);
  destination.write('no');
  await delay(20);
  assert.equal(destination.bytesRead, 0);
  destination.write('yes');
  assert.equal(String((await once(destination, 'data'))[0]), 'held');
});

for (const [how, finish] of [
  ['the hold timeout', () => {}],
  ['the end of the client', (client: Socket) => client.end()],
] as const) {
  test(`keepGate: ${how} makes the verdict on what is held final`, async (t) => {
    let concluded = 0;
    const conclude = () => {
      concluded++;
      return 'open' as const;
    };
    const { client, destination } = await spliced(t, { gate: gate({ conclude, holdTimeout: how === 'the hold timeout' ? 50 : 10_000 }) });
    client.write('ab');
    finish(client);
    assert.equal(String((await once(destination, 'data'))[0]), 'ab');
    assert.equal(concluded, 1);
  });
}

test('keepGate: a gate that says close lets nothing through and gives the client its last bytes', async (t) => {
  const { client, destination, result } = await spliced(t, { gate: gate({ judge: () => ({ close: Buffer.from('no') }) }) });
  client.write('secret');
  const [received, sent] = await Promise.all([readAll(client), readAll(destination).catch(() => '')]);
  assert.deepEqual([received, sent], ['no', '']);
  assert.equal((await result).reason, 'refused');
});

test('keepGate: many small pieces are held in little memory, and in order', async (t) => {
  let left = 60_000;
  const judge = (bytes: Buffer) => {
    left -= bytes.length;
    return left > 0 ? 'hold' : 'open';
  };
  const { client, destination } = await spliced(t, { gate: gate({ judge }) });
  const text = Array.from({ length: left }, (_, at) => String.fromCharCode(97 + (at % 26))).join('');
  for (let at = 0; at < text.length; at += 600) {
    client.write(text.slice(at, at + 600));
    await delay(0);
  }
  client.end();
  assert.equal(await readAll(destination), text);
});
