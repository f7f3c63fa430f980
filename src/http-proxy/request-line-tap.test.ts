import assert from 'node:assert/strict';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { test } from 'node:test';
import { RequestLineTap } from './request-line-tap.ts';

const url = 'http://192.0.2.1/';

/** Whether the tap takes a request for this target, reported in the last of these reads, for a foreign one. */
function isForeign(...reads: readonly string[]): boolean {
  const socket = new Socket();
  const tap = new RequestLineTap(socket, 65_536);
  for (const read of reads) socket.emit('data', Buffer.from(read, 'latin1'));
  return reported(socket, tap);
}

function reported(socket: Socket, tap: RequestLineTap, target = url): boolean {
  const request = new IncomingMessage(socket);
  request.url = target;
  tap.report(request);
  return tap.isForeign(request);
}

const others = Array.from({ length: 20_000 }, (_, index) => `PLAY rtsp://camera/${index} RTSP/1.0\r\n`).join('');
const reads: [what: string, foreign: boolean, reads: string[]][] = [
  ['a request line of RTSP', true, [`GET ${url} RTSP/1.0\r\n\r\n`]],
  ['a request line of ICE', true, [`SOURCE ${url} ICE/1.0\r\n\r\n`]],
  ['one of HTTP', false, [`GET ${url} HTTP/1.1\r\n\r\n`]],
  [
    'one behind a body that ends in letters of methods',
    true,
    [`POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nX-YGET ${url} RTSP/1.0\r\n\r\n`],
  ],
  ['one behind a long body without a line end', true, ['q'.repeat(300_000), `${'q'.repeat(300_000)}QGE`, `T ${url} RTSP/1.0\r\n\r\n`]],
  ['one with more spaces than a head is long', true, [`GET ${url}`, ' '.repeat(300_000), ' '.repeat(300_000), `RTSP/1.0\r\n\r\n`]],
  ['one behind lines about other targets', true, [others, `GET ${url} RTSP/1.0\r\n\r\n`]],
  ['one whose head goes on about other targets', true, [`GET ${url} RTSP/1.0\r\nX: a\r\n`, `Y: ${'b RTSP/1 '.repeat(7_000)}\r\n\r\n`]],
  ['one of HTTP behind lines about other targets', false, [others, `GET ${url} HTTP/1.1\r\n\r\n`]],
];
for (const [what, foreign, bytes] of reads) {
  test(`RequestLineTap: ${what} is ${foreign ? '' : 'not '}foreign`, () => {
    assert.equal(isForeign(...bytes), foreign);
  });
}

test('RequestLineTap: what was said of a target before the last request does not count for the next', () => {
  const socket = new Socket();
  const tap = new RequestLineTap(socket, 65_536);
  socket.emit('data', Buffer.from(`POST /1 HTTP/1.1\r\nContent-Length: 90\r\n\r\nGET ${url} RTSP/1.0\r\n`));
  assert.equal(reported(socket, tap, '/1'), false);
  socket.emit('data', Buffer.from('GET /2 HTTP/1.1\r\n\r\n'));
  assert.equal(reported(socket, tap, '/2'), false);
  socket.emit('data', Buffer.from(`GET ${url} HTTP/1.1\r\n\r\n`));
  assert.equal(reported(socket, tap), false);
});

for (const [what, bytes] of [
  ['a long line of letters before a protocol name', [`${'A'.repeat(64_000)} RTSP/`, '\n']],
  ['a long line of spaces before a protocol name', [`GET ${' '.repeat(64_000)} RTSP/x`, '\n']],
  ['a long line that comes byte by byte', [...'z'.repeat(64_000), '\n']],
  ['a long line of protocol names that comes byte by byte', [' RTSP/', ...'A'.repeat(64_000), '\n']],
  ['lines about targets that come one by one', others.match(/.*\n/g) ?? []],
] as const) {
  test(`RequestLineTap: ${what} takes time that grows with its length, not with the square of it`, () => {
    const started = process.cpuUsage();
    isForeign(...bytes);
    // Hardly a tenth of a second; quadratic it would be ten and more.
    assert.ok(process.cpuUsage(started).user < 3_000_000);
  });
}
