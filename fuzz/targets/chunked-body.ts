import fc from 'fast-check';
import type { ClientScript } from '../client.ts';
import { countRequests, type RequestMessage } from '../http-reader.ts';
import { checkRequests, ViolationError } from '../invariant.ts';
import { cut, mutated } from '../mutation.ts';
import { originStatus, serveHttp } from '../origin.ts';
import type { Target } from '../target.ts';

const sizes: readonly ((size: number) => string)[] = [
  (size) => size.toString(16),
  (size) => size.toString(16).toUpperCase(),
  (size) => `000${size.toString(16)}`,
  (size) => `${size.toString(16)};a=b`,
  (size) => `${size.toString(16)};a="b;c"`,
  (size) => `0x${size.toString(16)}`,
  (size) => `${size.toString(16)} `,
  (size) => `-${size.toString(16)}`,
  (size) => `1${'0'.repeat(16)}${size.toString(16)}`,
  (size) => String(size + 1),
];

const chunk = fc
  .record({
    data: fc.string({ unit: 'binary-ascii', maxLength: 40 }),
    spell: fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...sizes.slice(0, 5)) }, { weight: 1, arbitrary: fc.constantFrom(...sizes) }),
  })
  .filter(({ data }) => data !== '')
  .map(({ data, spell }) => `${spell(data.length)}\r\n${data}\r\n`);

const body = fc
  .record({
    chunks: fc.array(chunk, { maxLength: 4 }),
    last: fc.constantFrom('0\r\n', '0\r\n', '000\r\n', '0;x\r\n', ''),
    trailers: fc.constantFrom('', '', 'X-T: u\r\n', 'Content-Length: 5\r\n', 'Host: denied.test\r\n', ' x\r\n'),
  })
  .map(({ chunks, last, trailers }) => `${chunks.join('')}${last}${trailers}\r\n`);

const upload = body.map((text) => `POST http://open.test/up HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${text}`);
const behind = 'GET http://open.test/behind HTTP/1.1\r\nHost: x\r\n\r\n';

const cases: fc.Arbitrary<ClientScript> = fc.record({
  pieces: cut(
    mutated(
      fc.tuple(upload, fc.constantFrom('', behind)).map((parts) => parts.join('')),
      2,
      ['0\r\n\r\n', '5\r\nabcde\r\n', behind],
    ),
  ),
  last: fc.constant('ends' as const),
});

/** Mutated chunked bodies, with a request behind them that is lost or multiplied when somebody loses count. */
export const chunkedBody: Target<ClientScript> = {
  name: 'chunked-body',
  cases,
  async play(stage, script) {
    const { received, deeds } = await stage.play(
      script,
      serveHttp(() => `HTTP/1.1 ${originStatus} OK\r\nContent-Length: 2\r\n\r\nok`),
    );
    const arrived = checkRequests(received, deeds).flat();
    const sent = countRequests(script.pieces.join(''), 'skipped').whole;
    checkOrder(arrived, sent);
    const answered = deeds.lines.filter(({ msg, status }) => msg === 'request' && status === originStatus);
    for (const [index, { bytesUp, bytesDown }] of answered.entries()) {
      const up = arrived[index]?.body.length;
      if (bytesUp !== up) throw new ViolationError('account', `of a body of ${up} bytes it counts ${bytesUp}`);
      if (bytesDown !== 2) throw new ViolationError('account', `of a response of 2 bytes it counts ${bytesDown}`);
    }
  },
};

/** What arrived must be requests that a strict reader reads in what was sent, in their order; others than these may have been refused. */
function checkOrder(arrived: readonly RequestMessage[], sent: readonly RequestMessage[]): void {
  let at = 0;
  for (const request of arrived) {
    const found = sent.findIndex((each, index) => index >= at && isSame(request, each));
    if (found === -1) {
      const what = JSON.stringify([request, ...sent].map(({ method, target, body: text }) => ({ method, target, body: text })));
      throw new ViolationError('one-request', `the first of these arrived, and the others were sent: ${what}`);
    }
    at = found + 1;
  }
}

function isSame(arrived: RequestMessage, sent: RequestMessage): boolean {
  return sent.method === arrived.method && sent.target.endsWith(arrived.target) && sent.body === arrived.body;
}
