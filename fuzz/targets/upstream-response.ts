import { connect } from 'node:net';
import fc from 'fast-check';
import type { Exchange } from '../client.ts';
import { type Read, type ResponseMessage, readResponse, valuesOf } from '../http-reader.ts';
import { ViolationError } from '../invariant.ts';
import { cut, mutated } from '../mutation.ts';
import type { Serve } from '../origin.ts';
import type { Target } from '../target.ts';

/** What an origin answers to the first request, and how its connection goes on. */
interface ResponseCase {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly version: '1.1' | '1.0';
  readonly pieces: readonly string[];
  readonly after: 'keeps' | 'ends' | 'resets';
}

const lines = [
  'Content-Length: 5',
  'Content-Length: 3',
  'Content-Length: 0',
  'Content-Length: 5, 5',
  'Content-Length: +5',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: Chunked',
  'Transfer-Encoding: gzip, chunked',
  'Transfer-Encoding: identity',
  'Connection: close',
  'Connection: keep-alive',
  'Connection: content-length, x-a',
  'Keep-Alive: timeout=0',
  'Upgrade: websocket',
  'Set-Cookie: a=b',
  'Trailer: X-T',
  'Proxy-Status: other; error=http_protocol_error',
  'X-A : b',
  ' folded',
];
const bodies = [
  '',
  'hello',
  'abc',
  '5\r\nhello\r\n0\r\n\r\n',
  '5;x=y\r\nhello\r\n0\r\nX-T: u\r\n\r\n',
  '5\r\nhello\r\n',
  'fffffffff\r\n',
  '0\r\n\r\n',
];
const informational = ['HTTP/1.1 100 Continue\r\n\r\n', 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n', 'HTTP/1.1 101 Switching\r\n\r\n'];
const another = 'HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nanother!';

const framed = fc.constantFrom('Content-Length: 5\r\n\r\nhello', 'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n', '\r\nhello');
const loose = fc
  .tuple(fc.array(fc.constantFrom(...lines), { maxLength: 3 }), fc.constantFrom(...bodies))
  .map(([fields, body]) => `${fields.map((line) => `${line}\r\n`).join('')}\r\n${body}`);
const statusLine = fc.oneof(
  { weight: 5, arbitrary: fc.constant('HTTP/1.1 200 OK\r\n') },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'HTTP/1.0 200 OK\r\n',
      'HTTP/1.1 204 None\r\n',
      'HTTP/1.1 304 Same\r\n',
      'HTTP/1.1 500 \r\n',
      'HTTP/2.0 200 OK\r\n',
      'HTTP/1.1 099 Low\r\n',
    ),
  },
);
const response = fc
  .record({
    before: fc.array(fc.constantFrom(...informational), { maxLength: 2 }),
    first: statusLine,
    rest: fc.oneof(framed, loose),
    behind: fc.oneof(
      { weight: 3, arbitrary: fc.constant('') },
      { weight: 1, arbitrary: fc.constantFrom(another, 'garbage', '\r\n', ...informational) },
    ),
  })
  .map(({ before, first, rest, behind }) => before.join('') + first + rest + behind);

const cases: fc.Arbitrary<ResponseCase> = fc.record({
  method: fc.constantFrom('GET', 'GET', 'HEAD', 'POST'),
  version: fc.constantFrom('1.1', '1.1', '1.0'),
  pieces: cut(mutated(response, 2, [another, ...informational, ...lines.map((line) => `${line}\r\n`)])),
  after: fc.constantFrom('keeps', 'ends', 'resets'),
});

const token = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\ntoken';

/** Mutated responses: what a client takes for whole was whole, and the next request gets its own answer. */
export const upstreamResponse: Target<ResponseCase> = {
  name: 'upstream-response',
  cases,
  async play(stage, played) {
    const sent = Promise.withResolvers<void>();
    let took: Taken | undefined;
    await stage.perform(serveScript(played, sent.resolve), async ({ port }) => {
      const { exchange, taken } = await ask(port, played, sent.promise);
      took = taken;
      return exchange;
    });
    if (took !== undefined) checkTaken(played, took);
  },
};

/** The first request gets the script, all others the token. A connection that keeps open an unfinished answer ends a little later. */
function serveScript({ pieces, after }: ResponseCase, sent: () => void): Serve {
  let first = true;
  const answered = new Map<number, number>();
  return async (socket, received, connection) => {
    const requests = received.split('\r\n\r\n').length - 1;
    if (requests <= (answered.get(connection) ?? 0)) return;
    answered.set(connection, requests);
    if (!first) {
      socket.write(token);
      return;
    }
    first = false;
    for (const piece of pieces) {
      if (socket.destroyed) break;
      await new Promise((written) => socket.write(piece, 'latin1', written));
      await new Promise((next) => setImmediate(next));
    }
    if (after === 'ends') socket.end();
    if (after === 'resets') socket.resetAndDestroy();
    sent();
  };
}

/** What a client made of its two requests. */
interface Taken {
  readonly first: Read<ResponseMessage>;
  readonly second: Read<ResponseMessage> | undefined;
}

/** How long an answer may be unfinished before its client gives up, in milliseconds: nothing but a soft bound, since both ends are fine. */
const patience = 40;

/** Asks twice on one connection where that is kept, and reads the answers strictly. */
function ask(port: number, { method, version }: ResponseCase, sent: Promise<void>): Promise<{ exchange: Exchange; taken: Taken }> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const request = `${method} http://open.test/ HTTP/${version}\r\nHost: x\r\n${method === 'POST' ? 'Content-Length: 0\r\n' : ''}\r\n`;
    let received = '';
    let ended = false;
    let reset = false;
    let first: Read<ResponseMessage> = { kind: 'incomplete' };
    let second: Read<ResponseMessage> | undefined;
    let asked = false;
    const read = async () => {
      first = readResponse(received, method, ended && !reset);
      if (first.kind === 'bad' || (asked && first.kind !== 'whole')) socket.destroy();
      if (first.kind !== 'whole') return;
      if (asked) {
        second = readResponse(first.rest, 'GET', ended && !reset);
        if (second.kind !== 'incomplete') socket.destroy();
        return;
      }
      await sent;
      // What the origin sent last is to be there before it is asked again.
      await new Promise((next) => setTimeout(next, 3));
      asked = true;
      if (valuesOf(first.message.fields, 'connection').includes('close') || socket.destroyed || ended) socket.destroy();
      else socket.write('GET http://open.test/again HTTP/1.1\r\nHost: x\r\n\r\n');
    };
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      void read();
    });
    socket.on('error', () => {
      reset = true;
    });
    socket.once('end', () => {
      ended = true;
      void read();
    });
    socket.once('close', () => {
      clearTimeout(giveUp);
      resolve({ exchange: { received, end: reset ? 'reset' : 'ended' }, taken: { first, second } });
    });
    const giveUp = setTimeout(() => sent.then(() => setTimeout(() => first.kind === 'incomplete' && socket.destroy(), patience)), patience);
    socket.write(request);
  });
}

function checkTaken({ method, pieces, after }: ResponseCase, { first, second }: Taken): void {
  if (first.kind === 'bad') throw new ViolationError('whole', `the client gets what is no response: ${first.fault}`);
  if (second !== undefined && second.kind === 'bad')
    throw new ViolationError('whole', `the client's second response is none: ${second.fault}`);
  if (first.kind === 'whole' && !isOurs(first.message))
    checkWhole(first.message, readResponse(pieces.join(''), method, after === 'ends', 'skipped'));
  if (second?.kind === 'whole' && !isOurs(second.message) && second.message.body !== 'token') {
    throw new ViolationError('whole', `a second request got ${JSON.stringify(second.message)}`);
  }
}

/** Whether the router speaks for itself. */
function isOurs({ status, fields }: ResponseMessage): boolean {
  return status >= 500 && valuesOf(fields, 'proxy-status').some((value) => value.startsWith('egress-router;'));
}

/** What a client took for a whole response, against a strict reading of what the origin sent. */
function checkWhole(taken: ResponseMessage, sent: Read<ResponseMessage>): void {
  const told = JSON.stringify({ status: taken.status, body: taken.body });
  if (sent.kind !== 'whole') {
    throw new ViolationError(
      'whole',
      `the client got ${told} of a response that is ${sent.kind}${sent.kind === 'bad' ? ` (${sent.fault})` : ''}`,
    );
  }
  if (sent.message.status === taken.status && sent.message.body === taken.body) return;
  throw new ViolationError(
    'whole',
    `the client got ${told} of ${JSON.stringify({ status: sent.message.status, body: sent.message.body })}`,
  );
}
