import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { keepEscapes, openLog } from './log.ts';
import type { LogFields } from './log-fields.ts';

/** The one line that is logged, parsed. */
function logged(write: (log: ReturnType<typeof openLog>) => void): Record<string, unknown> {
  const lines: string[] = [];
  write(openLog('info', { write: (line) => lines.push(line) }));
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? '', /^\{[^\n]+\}\n$/);
  return JSON.parse(lines[0] ?? '');
}

const rows: [what: string, fields: LogFields][] = [
  ['no fields', {}],
  ['only fields without a value', { client: undefined }],
  ['texts that need quotes, numbers, lists', { client: '10.0.0.1', reason: '"\\\n\u2028\u00e9', status: 200, addresses: ['a', 'b'] }],
  ['numbers that JSON has not', { durationMs: Number.NaN, bytesUp: Number.POSITIVE_INFINITY }],
  ['an error and its cause', { client: '10.0.0.1', err: new Error('outer', { cause: new TypeError('inner') }) }],
  ['what was thrown and is no error', { err: 'text' }],
];
for (const [what, fields] of rows) {
  test(`Log: a line with ${what} says what pino would write`, () => {
    const expected: string[] = [];
    const options = { base: null, timestamp: false, formatters: { level: (label: string) => ({ level: label }) } };
    pino(options, { write: (line: string) => expected.push(line) }).warn(fields, 'message');
    const { time, ...line } = logged((log) => log.warn(fields, 'message'));
    assert.match(String(time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.deepEqual(line, JSON.parse(expected[0] ?? ''));
  });
}

test('Log: a line below the level is not written', () => {
  const line = logged((log) => {
    log.debug({}, 'not this');
    log.info({}, 'this');
  });
  assert.equal(line.msg, 'this');
});

test('Log: no control reaches a line as it is, nor what some readers take for the end of one', () => {
  const controls = Array.from({ length: 0xa0 }, (_, code) => String.fromCharCode(code)).join('');
  const serverName = `a${controls}\u2028\u2029b`;
  const lines: string[] = [];
  openLog('info', { write: (line) => lines.push(line) }).info({ serverName }, 'tunnel');
  const [line = ''] = lines;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what must not be there
  assert.doesNotMatch(line.slice(0, -1), /[\x00-\x1f\x7f-\x9f\u2028\u2029]/);
  assert.equal(JSON.parse(line).serverName, serverName);
});

test('keepEscapes: a reader that prints what it parses prints the escape, and everything else as it was', () => {
  for (const [text, printed] of [
    ['a\u009b31m\x7f\u2028b', 'a\\u009b31m\\u007f\\u2028b'],
    ['a \\u009b that was written so', 'a \\u009b that was written so'],
    ['"\n\u001b\u00e9', '"\n\u001b\u00e9'],
  ]) {
    const lines: string[] = [];
    openLog('info', { write: (line) => lines.push(keepEscapes(line)) }).info({ serverName: text }, 'tunnel');
    assert.equal(JSON.parse(lines[0] ?? '').serverName, printed);
  }
});
