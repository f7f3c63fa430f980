import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatChart } from './chart.ts';
import { isMet, isSaturated, type Row } from './row.ts';
import { formatTable } from './table.ts';

const row: Row = {
  work: 'forward-small',
  ours: 13_245.6,
  peer: 8_830.4,
  peerName: 'squid',
  unit: 'requests/s',
  ratio: 1.5,
  spread: [1.4, 1.62],
  better: 'higher',
  busy: { ours: 0.991, peer: 0.97 },
  cpu: { ours: 75.1, peer: 112, ratio: 0.67, spread: [0.6, 0.7], per: 'request' },
  goal: { of: 'ratio', bound: 'at least', value: 1.5 },
};
const memory: Row = {
  work: 'idle-tunnel',
  ours: 16.2,
  peer: 30,
  peerName: 'squid',
  unit: 'kB',
  ratio: 0.54,
  spread: [0.5, 0.6],
  better: 'lower',
  goal: { of: 'ours', bound: 'at most', value: 15 },
};

test('formatTable: a row says how much, how much better, how busy, and whether the goal is met', () => {
  const [, , first, second] = formatTable([row, memory])
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()));
  assert.deepEqual(first?.slice(1, -1), [
    ...['forward-small', 'requests/s', '13,200', '8,830', 'squid', '1.50x', '1.40x - 1.62x', '99% / 97%'],
    ...['75.1 / 112 a request', '0.67x', '>= 1.5x', 'met'],
  ]);
  assert.deepEqual(second?.slice(-5, -1), ['', '', '<= 15 kB', 'NOT MET']);
});

test('formatTable: says where a core had time left', () => {
  assert.match(formatTable([{ ...row, busy: { ours: 0.99, peer: 0.6 } }]), /99% \/ 60% not saturated/);
});

test('isMet: holds the ratio or our own value against the bound', () => {
  assert.equal(isMet(row), true);
  assert.equal(isMet({ ...row, ratio: 1.49 }), false);
  assert.equal(isMet(memory), false);
  assert.equal(isMet({ ...memory, ours: 15 }), true);
});

test('isMet, isSaturated: a row without goal or without busy shares says nothing', () => {
  const { goal, busy, ...plain } = row;
  assert.equal(isMet(plain), undefined);
  assert.equal(isSaturated(plain), undefined);
});

test('formatChart: bars go right where ours is better, also where less is better', () => {
  const bars = [
    ...formatChart([row, memory, { ...row, ratio: 0.5 }]).matchAll(/<rect x="([\d.]+)" y="\d+" width="([\d.]+)"[^>]*fill="(#\w+)"/g),
  ];
  assert.deepEqual(
    bars.map(([, , , color]) => color),
    ['#2f7d4f', '#2f7d4f', '#b3402f'],
  );
  const [right, alsoRight, left] = bars.map(([, x, length]) => [Number(x), Number(x) + Number(length)]);
  assert.equal(right?.[0], alsoRight?.[0]);
  assert.equal(left?.[1], right?.[0]);
});
