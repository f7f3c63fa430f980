import fc from 'fast-check';
import type { ClientScript } from '../client.ts';
import { checkRequests, ViolationError } from '../invariant.ts';
import { cut, mutated } from '../mutation.ts';
import { originStatus, serveHttp } from '../origin.ts';
import type { Target } from '../target.ts';

const hosts = [
  'open.test',
  'denied.test',
  'below.denied.test',
  'mixed.test',
  'inside.test',
  'unknown.test',
  '198.51.100.1',
  '203.0.113.129',
  '127.0.0.1',
  '127.1',
  '0x7f.1',
  '2130706433',
  '0177.0.0.1',
  '0.0.0.0',
  '10.96.0.10',
  '10.128.0.5',
  '169.254.169.254',
  '192.0.2.44',
  '[2001:db8::1]',
  '[2001:db8:bad::1]',
  '[::1]',
  '[::]',
  '[::ffff:127.0.0.1]',
  '[64:ff9b::7f00:1]',
  '[2002:7f00:1::]',
  '[fe80::1%25eth0]',
  '[fd00:ec2::254]',
];

/** Ways to write a host, all of which mean the same. */
const spellings: readonly ((host: string) => string)[] = [(host) => host, (host) => host.toUpperCase(), (host) => `${host}.`];

/** Ways that some reader takes for another host. */
const oddSpellings: readonly ((host: string) => string)[] = [
  (host) => `${host}..`,
  (host) => `.${host}`,
  (host) => `open.test@${host}`,
  (host) => `open.test:80@${host}`,
  (host) => `${host}@open.test`,
  (host) => `${host}#@open.test`,
  (host) => `${host}\\@open.test`,
  (host) => `${host}%00.open.test`,
  (host) => `%${host.charCodeAt(0).toString(16)}${host.slice(1)}`,
];

/** Fields that a request may have. */
const usualLines = [
  'Connection: close',
  'Connection: x-a, content-length, host',
  'Upgrade: h2c',
  'Expect: 100-continue',
  'Proxy-Authorization: Basic eDp5',
  'Proxy-Connection: keep-alive',
  'Keep-Alive: timeout=1',
  'X-Forwarded-For: 10.0.0.1',
  'X-A: b',
  'TE: trailers',
  'Trailer: X-A',
  'Via: 1.0 other',
  'Max-Forwards: 0',
];

/** Fields that it may not have, or not beside others. */
const oddLines = [
  'Host: denied.test',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Content-Length: 3',
  'Content-Length : 3',
  'Content-Length: 0',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: ,chunked',
  'Transfer-Encoding: identity',
  'Expect: x',
  ' folded',
];

/** Framing with the body that it says. */
const framed: readonly (readonly [field: string, body: string])[] = [
  ['Content-Length: 3\r\n', 'abc'],
  ['Content-Length: 0\r\n', ''],
  ['Transfer-Encoding: chunked\r\n', '3\r\nabc\r\n0\r\n\r\n'],
  ['Connection: Upgrade\r\nUpgrade: websocket\r\n', ''],
];

const weighted = <T>(weight: number, usual: T, others: readonly T[]) =>
  fc.oneof({ weight, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...others) });

const host = fc
  .record({
    name: fc.oneof(fc.constantFrom('open.test', '198.51.100.1', '[2001:db8::1]', 'denied.test'), fc.constantFrom(...hosts)),
    spell: fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...spellings) }, { weight: 1, arbitrary: fc.constantFrom(...oddSpellings) }),
  })
  .map(({ name, spell }) => spell(name));
const version = weighted(15, 'HTTP/1.1', ['HTTP/1.0', 'HTTP/0.9', 'HTTP/2.0', 'RTSP/1.0']);
const line = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...usualLines) }, { weight: 1, arbitrary: fc.constantFrom(...oddLines) });
const lines = fc.array(line, { maxLength: 2 }).map((list) => list.map((each) => `${each}\r\n`).join(''));

const request = fc
  .record({
    method: weighted(10, 'GET', ['POST', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE', 'get', 'PRI', 'SOURCE']),
    scheme: weighted(15, 'http://', ['HTTP://', 'https://', 'http:/', '//', '/', '']),
    host,
    port: weighted(8, '', [':80', ':8080', ':0', ':', ':+80', ':080', ':65536']),
    path: weighted(4, '/', ['', '/a?b=c', '?q', '/%2e%2e/', '*', '/a#b', '//denied.test/']),
    version,
    lines,
    framing: weighted<readonly [string, string]>(2, ['', ''], framed),
  })
  .map(({ framing: [field, body], ...it }) => {
    return `${it.method} ${it.scheme}${it.host}${it.port}${it.path} ${it.version}\r\nHost: x\r\n${it.lines}${field}\r\n${body}`;
  });

const tunnel = fc
  .record({ host, port: weighted(10, ':443', [':22', ':0', '', ':+443', ':443:443']), version, lines })
  .map((it) => `CONNECT ${it.host}${it.port} ${it.version}\r\nHost: x\r\n${it.lines}\r\nhello`);

const smuggled = [
  'GET http://denied.test/ HTTP/1.1\r\nHost: x\r\n\r\n',
  'Content-Length: 40\r\n',
  'Transfer-Encoding: chunked\r\n',
  'denied.test',
];

const cases: fc.Arbitrary<ClientScript> = fc.record({
  pieces: cut(
    mutated(
      fc.oneof(
        { weight: 3, arbitrary: fc.array(request, { minLength: 1, maxLength: 3 }).map((list) => list.join('')) },
        { weight: 1, arbitrary: tunnel },
      ),
      3,
      smuggled,
    ),
  ),
  last: weighted(10, 'ends' as const, ['resets']),
});

/** Mutated request heads, absolute form and CONNECT, also several on one connection. */
export const requestHead: Target<ClientScript> = {
  name: 'request-head',
  cases,
  async play(stage, script) {
    const { received, deeds, exchange } = await stage.play(
      script,
      serveHttp((index) => `HTTP/1.1 ${originStatus} OK\r\nContent-Length: 1\r\n\r\n${index % 10}`),
    );
    // What goes through a tunnel is the client's own.
    const tunnels = deeds.lines.filter(({ msg, status }) => msg === 'tunnel' && status === 200).length;
    if (tunnels === 0) checkRequests(received, deeds);
    const answers = exchange.received.split(`HTTP/1.1 ${originStatus} OK\r\n`).length - 1;
    const logged = deeds.lines.filter(({ status }) => status === originStatus).length;
    if (answers > logged) throw new ViolationError('one-request', `${answers} answers came back, and the log has ${logged}`);
  },
};
