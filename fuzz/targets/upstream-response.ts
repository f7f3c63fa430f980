import fc from 'fast-check';
import { type AskedTwice, askTwice } from '../ask-twice.ts';
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
    // Whoever waits for the rest of such an answer waits for ever.
    const givesUp = played.after === 'keeps' && readStrictly(played).kind !== 'whole';
    let asked: AskedTwice | undefined;
    await stage.perform(serveScript(played, sent.resolve), async ({ port }) => {
      asked = await askTwice(port, { ...played, sent: sent.promise, givesUp });
      return asked.exchange;
    });
    if (asked !== undefined) checkAnswers(played, asked);
  },
};

/** The first request gets the script, all others the token. */
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

/** What the client made of its answers, against a strict reading of what the origin sent. */
function checkAnswers(played: ResponseCase, { first, second }: AskedTwice): void {
  if (first.kind === 'bad') throw new ViolationError('whole', `the client gets what is no response: ${first.fault}`);
  if (second?.kind === 'bad') throw new ViolationError('whole', `its second response is none: ${second.fault}`);
  const sent = readStrictly(played);
  const taken = first.kind === 'whole' && !isOurs(first.message) ? tell(first) : undefined;
  if (taken !== undefined && taken !== tell(sent)) throw new ViolationError('whole', `the client takes ${taken} for what is ${tell(sent)}`);
  if (taken === undefined && sent.kind === 'whole' && played.after !== 'resets') {
    throw new ViolationError('delivered', `${tell(sent)} is ${first.kind === 'whole' ? first.message.status : 'nothing'} to the client`);
  }
  if (second?.kind === 'whole' && !isOurs(second.message) && second.message.body !== 'token') {
    throw new ViolationError('whole', `a second request gets ${tell(second)}`);
  }
}

function readStrictly({ method, pieces, after }: ResponseCase): Read<ResponseMessage> {
  return readResponse(pieces.join(''), method, after === 'ends');
}

function tell(read: Read<ResponseMessage>): string {
  if (read.kind === 'whole') return JSON.stringify({ status: read.message.status, body: read.message.body });
  return read.kind === 'bad' ? `no response (${read.fault})` : 'half a response';
}

/** Whether the router speaks for itself. */
function isOurs({ status, fields }: ResponseMessage): boolean {
  return status >= 500 && valuesOf(fields, 'proxy-status').some((value) => value.startsWith('egress-router;'));
}
