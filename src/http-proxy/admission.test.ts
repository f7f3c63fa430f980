import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePrefix } from '../net/prefix.ts';
import { SharedFlag } from '../net/shared-flag.ts';
import type { Log } from '../observe/log.ts';
import { Admission } from './admission.ts';

function open(clients: readonly string[] | undefined, served: number) {
  const lines: object[] = [];
  const write = (fields: object, message: string) => lines.push({ ...fields, message });
  const log: Log = { debug: write, info: write, warn: write, error: write };
  const prefixes = clients?.flatMap((text) => parsePrefix(text) ?? []);
  const limit = { served, refused: 1, dialled: served };
  const full = new SharedFlag(new Int32Array(1), 0);
  const admission = new Admission({ clients: prefixes, limit, full, log });
  const refusalOf = (client: string, connections: number, hasRoom = false) => admission.refusalOf(client, connections, () => hasRoom);
  return { lines, admission, refusalOf };
}

test('Admission: clients are those whose address is in a prefix, whatever interface they come by', () => {
  const { refusalOf } = open(['10.1.0.0/16', '2001:db8::/32', 'fe80::/10'], 10);
  const cases: [client: string, kind: string | undefined][] = [
    ['10.1.255.255', undefined],
    ['10.2.0.0', 'client-denied'],
    ['2001:db8::1', undefined],
    ['2001:db9::1', 'client-denied'],
    ['fe80::1%eth0', undefined],
    // A socket that was reset before anybody asked has no address.
    ['', 'client-denied'],
  ];
  for (const [client, kind] of cases) assert.equal(refusalOf(client, 0)?.kind, kind, client);
  for (const client of ['10.2.0.0', '']) assert.equal(open(undefined, 10).refusalOf(client, 0), undefined);
  assert.equal(open([], 10).refusalOf('10.1.0.1', 0)?.kind, 'client-denied');
});

test('Admission: the log says once that there are too many, and once that a tenth of the places is free again', () => {
  const { admission, refusalOf, lines } = open(undefined, 20);
  assert.equal(refusalOf('10.0.0.1', 19), undefined);
  assert.deepEqual(lines, []);
  for (let count = 0; count < 3; count += 1) assert.equal(refusalOf('10.0.0.1', 20)?.kind, 'router-full');
  admission.release(19);
  assert.equal(refusalOf('10.0.0.1', 19), undefined);
  admission.release(18);
  admission.release(17);
  assert.deepEqual(lines, [
    { connections: 20, message: 'clients are turned away: too many connections, or too few descriptors for them' },
    { connections: 18, message: 'clients are no longer turned away' },
  ]);
});

test('Admission: who is no client is told so although there are too many, and is not why the log says it', () => {
  const { refusalOf, lines } = open(['10.0.0.0/8'], 1);
  assert.equal(refusalOf('192.0.2.1', 1)?.kind, 'client-denied');
  assert.deepEqual(lines, []);
});

test('Admission: with as many connections as may be, one that makes room is served, unless it is no client', () => {
  const { refusalOf, lines } = open(['10.0.0.0/8'], 1);
  assert.equal(refusalOf('10.0.0.1', 1, true), undefined);
  assert.equal(refusalOf('192.0.2.1', 1, true)?.kind, 'client-denied');
  assert.deepEqual(lines, []);
});
