import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCpuTime, processTree, readCpuTime } from './cpu-time.ts';

test('parseCpuTime: adds user and system time, whatever the command is called', () => {
  const stat = '42 (a (b) c) S 1 42 42 0 -1 4194560 900 0 0 0 250 50 0 0 20 0 11 0 100 1000 10';
  assert.equal(parseCpuTime(stat), 3);
});

test('readCpuTime: is what the process itself says', () => {
  const { user, system } = process.cpuUsage();
  assert.ok(Math.abs(readCpuTime(process.pid) - (user + system) / 1e6) < 1);
  assert.equal(processTree(process.pid)[0], process.pid);
});
