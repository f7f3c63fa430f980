import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import type { Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { openProxy } from './proxy.ts';
import { openClient, openDestination, statusOf, until } from './sockets.ts';

/** What a destination does when a request has come: writes these pieces one after the other, then keeps the connection, ends or resets it. */
interface Script {
  readonly pieces: readonly string[];
  readonly after: 'keeps' | 'ends' | 'resets';
}

/**
 * What the client gets. `502`; `cut`: the response begins, and the connection is reset; a body: the response, whole. A connection is used
 * again only where that is said.
 */
type Outcome = 502 | 'cut' | { readonly body: string; readonly reused: boolean };

const ok = 'HTTP/1.1 200 OK\r\n';
const length = (count: number) => `${ok}Content-Length: ${count}\r\n\r\n`;
const chunks = `${ok}Transfer-Encoding: chunked\r\n\r\n`;
const keeps = (...pieces: string[]): Script => ({ pieces, after: 'keeps' });
const ends = (...pieces: string[]): Script => ({ pieces, after: 'ends' });
const resets = (...pieces: string[]): Script => ({ pieces, after: 'resets' });
const whole = (body: string): Outcome => ({ body, reused: true });
/** Whole, but nothing can be said about what comes next on that connection. */
const last = (body: string): Outcome => ({ body, reused: false });
const fields = (count: number) => Array.from({ length: count }, (_, index) => `X-${index}: y\r\n`).join('');
const interim = (status: string, ...lines: string[]) => `HTTP/1.1 ${[status, ...lines].join('\r\n')}\r\n\r\n`;

const rows: [what: string, script: Script, outcome: Outcome][] = [
  // Framing
  [
    'Content-Length, then Transfer-Encoding',
    keeps(`${ok}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`),
    502,
  ],
  [
    'Transfer-Encoding, then Content-Length',
    keeps(`${ok}Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n3\r\nabc\r\n0\r\n\r\n`),
    502,
  ],
  ['chunked twice', keeps(`${ok}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`), 502],
  ['a list with chunked', keeps(`${ok}Transfer-Encoding: gzip, chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`), 502],
  ['a list that begins with a comma', keeps(`${ok}Transfer-Encoding: ,chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`), 502],
  ['identity', ends(`${ok}Transfer-Encoding: identity\r\n\r\nabc`), 502],
  ['an empty Transfer-Encoding', ends(`${ok}Transfer-Encoding:\r\n\r\nabc`), 502],
  ['Transfer-Encoding in HTTP/1.0', keeps('HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'), 502],
  ['the same length twice', keeps(`${ok}Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc`), 502],
  ['two lengths in one field', keeps(`${ok}Content-Length: 3, 3\r\n\r\nabc`), 502],
  ['an empty length', keeps(`${ok}Content-Length:\r\n\r\n`), 502],
  ['a negative length', keeps(`${ok}Content-Length: -3\r\n\r\nabc`), 502],
  ['a hexadecimal length', keeps(`${ok}Content-Length: 0x3\r\n\r\nabc`), 502],
  ['a length beyond 64 bits', keeps(`${ok}Content-Length: 99999999999999999999\r\n\r\nabc`), 502],
  ['chunked in upper case', keeps(`${ok}Transfer-Encoding: CHUNKED\r\n\r\n3\r\nabc\r\n0\r\n\r\n`), whole('abc')],
  // Heads
  ['a folded line', keeps(`${ok}X: a\r\n b\r\nContent-Length: 0\r\n\r\n`), 502],
  ['a folded length', keeps(`${ok}Content-Length:\r\n 3\r\n\r\nabc`), 502],
  ['a bare LF', keeps(`${ok}X: a\nContent-Length: 3\r\n\r\nabc`), 502],
  ['a bare CR', keeps(`${ok}X: a\rContent-Length: 3\r\n\r\nabc`), 502],
  ['a field without a colon', keeps(`${ok}X\r\nContent-Length: 0\r\n\r\n`), 502],
  ['a field without a name', keeps(`${ok}: x\r\nContent-Length: 0\r\n\r\n`), 502],
  ['a control in a value', keeps(`${ok}X: a\x01b\r\nContent-Length: 0\r\n\r\n`), 502],
  ['2,000 fields', keeps(`${ok}${fields(1_999)}Content-Length: 3\r\n\r\nabc`), whole('abc')],
  ['2,001 fields', keeps(`${ok}${fields(2_000)}Content-Length: 3\r\n\r\nabc`), 502],
  ['10,000 short fields', keeps(`${ok}${'a:\r\n'.repeat(10_000)}Content-Length: 3\r\n\r\nabc`), 502],
  ['a head without an end', ends(`${ok}X: ${'x'.repeat(200_000)}`), 502],
  ['HTTP/2.0', keeps('HTTP/2.0 200 OK\r\nContent-Length: 3\r\n\r\nabc'), 502],
  ['HTTP/0.9 by name', keeps('HTTP/0.9 200 OK\r\nContent-Length: 3\r\n\r\nabc'), 502],
  ['a request', keeps('GET / HTTP/1.1\r\nHost: x\r\n\r\n'), 502],
  ['the start of HTTP/2', keeps('\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x80'), 502],
  ['a status of four digits', keeps('HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n'), 502],
  // Informational responses
  ['100 that nobody asked for', keeps(`${interim('100 Continue')}${length(3)}abc`), whole('abc')],
  ['100 in pieces', keeps('HTTP/1.1 1', '00 Continue\r\nX', `: y\r\n\r\n${length(3)}ab`, 'c'), whole('abc')],
  [
    '100 and 103 in turn',
    keeps(`${interim('100 Continue')}${interim('103 Early Hints', 'Link: </a>')}`.repeat(3), `${length(3)}abc`),
    whole('abc'),
  ],
  ['100 without an end', keeps(interim('100 Continue').repeat(5_000)), 502],
  ['103 without an end', keeps(interim('103 Early Hints').repeat(5_000)), 502],
  ['102 with a length', keeps(`${interim('102 Processing', 'Content-Length: 3')}${length(3)}abc`), whole('abc')],
  ['101 without Upgrade', keeps(`${interim('101 Switching Protocols')}${length(3)}abc`), 502],
  ['101 with Upgrade', keeps(interim('101 Switching Protocols', 'Connection: upgrade', 'Upgrade: websocket')), 502],
  ['103, then nothing', ends(interim('103 Early Hints')), 502],
  ['100, then a reset', resets(interim('100 Continue')), 502],
  ['100 with both framings', keeps(`${interim('100 Continue', 'Content-Length: 3', 'Transfer-Encoding: chunked')}${length(3)}abc`), 502],
  // Bodies
  ['nothing, then the end', ends(), 502],
  ['nothing, then a reset', resets(), 502],
  ['half a status line', ends('HTTP/1.1 2'), 502],
  ['a head alone', ends(`${ok}Content-Length: 3`), 502],
  ['a length that is too great', ends(`${length(10)}abc`), 'cut'],
  ['a length that is too great, then a reset', resets(`${length(10)}abc`), 'cut'],
  ['a length that is too small', keeps(`${length(3)}abcdef`), last('abc')],
  ['a length of 0 before a body', keeps(`${length(0)}abc`), last('')],
  ['a second response', keeps(`${length(3)}abc${length(3)}xyz`), last('abc')],
  ['a second response in a piece of its own', keeps(`${length(3)}abc`, `${length(3)}xyz`), last('abc')],
  ['half a second response', keeps(`${length(3)}abc`, 'HTTP/1.1 200'), last('abc')],
  ['100 behind the response', keeps(`${length(3)}abc${interim('100 Continue')}`), last('abc')],
  ['a body with 204', keeps(`HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\nabc`), last('')],
  ['a body with 304', keeps(`HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\nabc`), last('')],
  ['a body that ends with the connection', ends(`${ok}\r\nabc`), last('abc')],
  ['a body that ends with a reset', resets(`${ok}\r\nabc`), 'cut'],
  ['close, and more', keeps(`${ok}Connection: close\r\nContent-Length: 3\r\n\r\nabcdef`), last('abc')],
  ['chunks without an end', ends(`${chunks}3\r\nabc\r\n`), 'cut'],
  ['chunks without the last line', ends(`${chunks}3\r\nabc\r\n0\r\n`), 'cut'],
  ['half a chunk', ends(`${chunks}5\r\nabc`), 'cut'],
  ['a chunk longer than it says', keeps(`${chunks}3\r\nabcdef\r\n0\r\n\r\n`), 'cut'],
  ['a chunk size that is none', keeps(`${chunks}3\r\nabc\r\nx\r\n`), 'cut'],
  ['a negative chunk size', keeps(`${chunks}3\r\nabc\r\n-1\r\n`), 'cut'],
  ['a chunk size beyond 64 bits', keeps(`${chunks}3\r\nabc\r\nfffffffffffffffff\r\n`), 'cut'],
  ['a chunk size with 0x', keeps(`${chunks}3\r\nabc\r\n0x3\r\nabc\r\n0\r\n\r\n`), 'cut'],
  ['chunks with a bare LF', keeps(`${chunks}3\r\nabc\n0\n\n`), 'cut'],
  ['a folded trailer', keeps(`${chunks}3\r\nabc\r\n0\r\nX: y\r\n z\r\n\r\n`), 'cut'],
  ['2,001 trailers', keeps(`${chunks}3\r\nabc\r\n0\r\n${fields(2_001)}\r\n`), 'cut'],
  ['a trailer that frames', keeps(`${chunks}3\r\nabc\r\n0\r\nContent-Length: 9\r\n\r\n`), 'cut'],
  ['trailers that frame', keeps(`${chunks}3\r\nabc\r\n0\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n`), 'cut'],
  ['trailers', keeps(`${chunks}3\r\nabc\r\n0\r\nX: y\r\n\r\n`), whole('abc')],
  ['garbage behind the last chunk', keeps(`${chunks}3\r\nabc\r\n0\r\n\r\nxyz`), last('abc')],
];

/** Serves the first request by the script, later ones with `fresh`; `played` counts scripts that have run to their end. */
function play({ pieces, after }: Script) {
  let requests = 0;
  const played = { count: 0 };
  const serve = (socket: Socket) => {
    socket.on('error', () => {});
    socket.on('data', async (chunk) => {
      if (!chunk.includes('\r\n\r\n')) return;
      requests += 1;
      if (requests > 1) {
        socket.write(`${length(5)}fresh`);
        return;
      }
      for (const piece of pieces) {
        if (!socket.writable) break;
        await new Promise((resolve) => socket.write(piece, 'latin1', resolve));
        // Two pieces are to be two reads.
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      if (after === 'ends') socket.end();
      if (after === 'resets') socket.resetAndDestroy();
      played.count += 1;
    });
  };
  return { serve, played };
}

const families = [
  ['IPv4', '127.0.0.2'],
  ['IPv6', '[::1]'],
] as const;

async function suffer(t: TestContext, host: string, script: Script, outcome: Outcome): Promise<void> {
  const { serve, played } = play(script);
  const destination = await openDestination(t, serve);
  const proxy = await openProxy(t, { rules: ['127.0.0.2', '::1'] });
  const request = `GET http://${host}:${destination.port}/ HTTP/1.1\r\nHost: x\r\n\r\n`;
  const descriptors = () => readdirSync('/proc/self/fd').length;
  const base = descriptors();

  let client = await openClient(t, proxy.port);
  client.socket.write(request);
  await until(() => played.count === 1);
  const line = await proxy.waitForLine({ msg: 'request' });
  if (outcome === 'cut') {
    await client.end();
    assert.equal(client.wasReset(), true, client.received());
    assert.equal(typeof line.reason, 'string');
    assert.doesNotMatch(client.received(), /\r\n0\r\n(.*\r\n)*\r\n$/);
    client = await openClient(t, proxy.port);
  } else if (outcome === 502) {
    await until(() => client.received().includes('Proxy-Status: egress-router; error='));
    assert.equal(finalStatus(client.received()), 502);
  } else {
    // The line is written when the response has left, which is not yet when it has come.
    const isWhole = () => client.received().endsWith(`\r\n\r\n${outcome.body}`) || /\r\n0\r\n([^\r]+\r\n)*\r\n$/.test(client.received());
    await until(isWhole, () => client.received());
    assert.notEqual(finalStatus(client.received()), 502, client.received());
  }

  const before = client.received().length;
  client.socket.write(request);
  await client.waitFor('fresh');
  const again = client.received().slice(before);
  assert.match(again, /^HTTP\/1\.1 200 OK\r\n(.*\r\n)*\r\nfresh$/, 'the next request gets its own answer, and nothing else');
  if (typeof outcome === 'object') {
    assert.equal(bodyOf(client.received().slice(0, before)), outcome.body);
    assert.equal(destination.sockets.length, outcome.reused ? 1 : 2);
  } else {
    assert.equal(destination.sockets.length, 2);
  }
  client.socket.destroy();
  for (const socket of destination.sockets) socket.destroy();
  await until(
    () => descriptors() <= base,
    () => `${descriptors()} descriptors, ${base} before`,
  );
}

/** The status behind informational responses. */
function finalStatus(received: string): number {
  return statusOf(received.replace(/^(HTTP\/1\.1 1\d\d [^\r]*\r\n(?:[^\r]+\r\n)*\r\n)+/, ''));
}

/** The body of the one final response that was received, read as a client would that believes its fields. */
function bodyOf(received: string): string {
  const [, head = '', rest = ''] = /(HTTP\/1\.1 [2-5]\d\d [\s\S]*?\r\n\r\n)([\s\S]*)$/.exec(received) ?? [];
  if (/\r\nTransfer-Encoding: chunked\r\n/i.test(head)) {
    const [, text = ''] = /^(?:[0-9a-f]+\r\n([\s\S]*?)\r\n)?0\r\n(?:[^\r]+\r\n)*\r\n$/.exec(rest) ?? assert.fail(rest);
    return text;
  }
  const declared = /\r\nContent-Length: (\d+)\r\n/i.exec(head)?.[1];
  const bodiless = / (204|304) /.test(head.slice(0, 20));
  if (!bodiless) assert.equal(Number(declared), rest.length, received);
  if (/ 204 /.test(head.slice(0, 20))) assert.equal(declared, undefined);
  return rest;
}

for (const [family, host] of families) {
  for (const [what, script, outcome] of rows) {
    const result = outcome === 502 ? 'is 502' : outcome === 'cut' ? 'resets the client' : outcome.reused ? 'is taken' : 'is not used again';
    test(`hostile upstream: ${what} ${result} (${family})`, (t) => suffer(t, host, script, outcome));
  }
}
