import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RunResult } from '../net/run.ts';
import { isMissing, isTooLong, NftError } from './nft-error.ts';
import { parseTable, readTable } from './read-table.ts';

/** As nft 1.0.6 prints it, with one counter. */
const listing = (handle: number, elements: string) => `{"nftables": [
  {"metainfo": {"version": "1.0.6", "release_name": "Lester Gooch #5", "json_schema_version": 1}},
  {"table": {"family": "inet", "name": "example", "handle": ${handle}}},
  {"map": {"family": "inet", "name": "ports", "table": "example", "type": ["inet_proto", "inet_service"], "handle": ${handle + 1},
    "map": "ipv4_addr . inet_service", "elem": [${elements}]}},
  {"rule": {"family": "inet", "table": "example", "chain": "incoming", "handle": ${handle + 2}, "expr": [{"accept": null}]}}
]}`;
const web = '[{"concat": ["tcp", 80]}, {"concat": ["192.0.2.1", 8080]}]';
const range = '[{"concat": ["udp", {"range": [8000, 8100]}]}, "192.0.2.2"]';
const counted = '[{"elem": {"val": "tcp", "counter": {"packets": 1, "bytes": 60}}}, "192.0.2.3"]';

test('parseTable: elements are written as they are given to nft: concatenations, ranges, single values, with a counter or without', () => {
  assert.deepEqual(parseTable(listing(1, [web, range, counted].join())).elements.get('ports'), [
    { key: 'tcp', value: '192.0.2.3' },
    { key: 'tcp . 80', value: '192.0.2.1 . 8080' },
    { key: 'udp . 8000-8100', value: '192.0.2.2' },
  ]);
});

test('parseTable: handles and the order of elements make no difference to the fingerprint, elements and rules do', () => {
  const fingerprint = (text: string) => parseTable(text).fingerprint;
  assert.equal(fingerprint(listing(1, `${web},${range}`)), fingerprint(listing(7, `${range},${web}`)));
  assert.notEqual(fingerprint(listing(1, web)), fingerprint(listing(1, range)));
  assert.notEqual(fingerprint(listing(1, web)), fingerprint(listing(1, web).replace('accept', 'drop')));
});

const ended = (code: number, stderr: string): RunResult => ({ code, stdout: '', stderr });

test('readTable: a table that does not exist is empty', async () => {
  const present = await readTable(async () => ended(1, 'Error: No such file or directory\nlist table inet nope'), {
    family: 'inet',
    name: 'nope',
  });
  assert.deepEqual(present, { elements: new Map(), fingerprint: '' });
});

test('readTable: without privileges it is an error, for nft then shows nothing at all', async () => {
  const refused = ended(
    1,
    'Operation not permitted (you must be root)\nnetlink: Error: cache initialization failed: Operation not permitted',
  );
  await assert.rejects(
    readTable(async () => refused, { family: 'inet', name: 'nope' }),
    /Operation not permitted/,
  );
});

test('NftError: what it is about is asked by predicate', () => {
  const predicates = [isMissing, isTooLong];
  const ask = (result: RunResult) => predicates.map((predicate) => predicate(new NftError('cannot', result)));
  assert.deepEqual(ask(ended(1, 'Error: No such file or directory')), [true, false]);
  assert.deepEqual(ask(ended(1, 'netlink: Error: Could not process rule: Message too long')), [false, true]);
  assert.deepEqual(ask(ended(1, 'Error: Could not process rule: Operation not permitted')), [false, false]);
  assert.deepEqual(
    predicates.map((predicate) => predicate(new Error('No such file or directory'))),
    [false, false],
  );
});
