import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { openSync } from 'node:fs';
import { test } from 'node:test';
import { parseDescriptorLimit, readDescriptors } from './descriptors.ts';

const table = (line: string) =>
  `Limit                     Soft Limit           Hard Limit           Units\n${line}Max locked memory         8 8 bytes\n`;

test('parseDescriptorLimit: takes the soft limit', () => {
  assert.equal(parseDescriptorLimit(table('Max open files            1024                 524288               files\n')), 1_024);
  assert.equal(parseDescriptorLimit(table('Max open files            unlimited            unlimited            files\n')), Infinity);
  assert.throws(() => parseDescriptorLimit(table('')), /no line for open files/);
});

test('readDescriptors: tells the limit that the process was started with, and counts a file that is opened', () => {
  const before = readDescriptors();
  openSync('/dev/null', 'r');
  assert.equal(readDescriptors().open, before.open + 1);
  const module = new URL('descriptors.ts', import.meta.url);
  const script = `import { readDescriptors } from '${module}'; process.stdout.write(String(readDescriptors().limit))`;
  const limit = execFileSync('sh', ['-c', 'ulimit -n 77; exec "$@"', 'sh', process.execPath, '--input-type=module', '-e', script], {
    encoding: 'utf8',
  });
  assert.equal(limit, '77');
});
