import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Family } from '../net/ip-address.ts';
import { parseDnsRouteList } from './dns-route-list.ts';
import type { DnsRoute } from './router-config.ts';

const variable = 'EGRESS_DNS_PROXY_DESTINATION';

function parse(text: string, families: readonly Family[] = []) {
  return parseDnsRouteList({ variable, text }, families);
}

/** Each problem as `LINE CODE MESSAGE`. */
function problemsOf(text: string, families: readonly Family[] = []): readonly string[] {
  return parse(text, families).problems.map(({ line, code, message }) => `${line} ${code} ${message}`);
}

function summarize({ port, backend, targetPort }: DnsRoute): string {
  return `${port} ${backend.kind} ${backend.kind === 'address' ? backend.address.text : backend.name} ${targetPort}`;
}

const valid = [
  ['80 203.0.113.25', '80 address 203.0.113.25 80'],
  ['8080 203.0.113.25 80', '8080 address 203.0.113.25 80'],
  ['8080 2001:DB8::25 80', '8080 address 2001:db8::25 80'],
  ['80 example.com', '80 name example.com 80'],
  ['  8080 \t Example.COM.  80 \r', '8080 name example.com 80'],
  ['80 bücher.example', '80 name xn--bcher-kva.example 80'],
  ['80 localhost', '80 name localhost 80'],
  ['5432 127.0.0.1', '5432 address 127.0.0.1 5432'],
  ['65535 203.0.113.25 1', '65535 address 203.0.113.25 1'],
] as const;

const badPort = (text: string) => `Invalid port: ${text}, must be in the range 1 to 65535`;
const refused = [
  ...[
    '80',
    'example.com',
    'http example.com',
    '80 example.com http',
    '80 tcp 203.0.113.25',
    '80 example.com 80 80',
    '80 example.com # web',
    '80-90 example.com',
    '+80 example.com',
    '80 *.example.com',
    '80 *',
    '80 !example.com',
    '80 example..com',
    '80 example.com:80',
    '80 127.1',
    '80 2130706433',
    '80 203.0.113.256',
    '80 203.0.113.0/24',
    '80 0.0.0.0',
    '80 ::',
    '80 224.0.0.1',
    '80 255.255.255.255',
    '80 ::ffff:203.0.113.25',
    '80 [2001:db8::25]',
    '80 fe80::1%eth0',
  ].map((line) => [line, [`1 LINE_INVALID Bad destination '${line}'`]] as const),
  ['', ['undefined LIST_MISSING Must specify EGRESS_DNS_PROXY_DESTINATION']],
  ['\n# none', ['undefined LIST_MISSING Must specify EGRESS_DNS_PROXY_DESTINATION']],
  ['0 example.com', [`1 PORT_INVALID ${badPort('0')}`]],
  ['080 example.com', [`1 PORT_INVALID ${badPort('080')}`]],
  ['70000 example.com 0', [`1 PORT_INVALID ${badPort('70000')}`, `1 PORT_INVALID ${badPort('0')}`]],
  [
    '80 example.com\n81 example.com\n\n80 203.0.113.25 8080',
    ['4 PORT_DUPLICATE Proxy port 80 already used, must be unique for each destination'],
  ],
  [
    '80 203.0.113.25\n80 2001:db8::25\nnonsense',
    ['2 PORT_DUPLICATE Proxy port 80 already used, must be unique for each destination', "3 LINE_INVALID Bad destination 'nonsense'"],
  ],
] as const;

test('parseDnsRouteList: a line is a port, an address or a name, and perhaps a target port', () => {
  for (const [text, summary] of valid) {
    const { value, problems } = parse(text);
    assert.deepEqual(problems, [], text);
    assert.deepEqual(value.routes.map(summarize), [summary], text);
  }
});

test('parseDnsRouteList: every other line is refused, by its number and in the words of the original', () => {
  for (const [text, problems] of refused) assert.deepEqual(problemsOf(text), problems, text);
});

test('parseDnsRouteList: an address of a family without a source IP is refused, a name is not', () => {
  assert.deepEqual(problemsOf('80 203.0.113.25\n81 2001:db8::25\n82 example.com', ['ipv6']), [
    "1 FAMILY_WITHOUT_SOURCE Bad destination '80 203.0.113.25': EGRESS_SOURCE has no IPv4 address",
  ]);
});

test('parseDnsRouteList: a list written from a model reads back as the model', () => {
  const port = fc.integer({ min: 1, max: 65535 });
  const backend = fc.oneof(
    fc.domain().map((name) => [name, `name ${name}`] as const),
    fc.constantFrom(['203.0.113.25', 'address 203.0.113.25'] as const, ['2001:db8::25', 'address 2001:db8::25'] as const),
  );
  const route = fc.tuple(port, backend, fc.option(port, { nil: undefined }));
  fc.assert(
    fc.property(fc.uniqueArray(route, { selector: ([listen]) => listen, minLength: 1 }), (model) => {
      const text = model.map(([listen, [host], target]) => [listen, host, ...(target === undefined ? [] : [target])].join(' ')).join('\n');
      const { value, problems } = parse(text);
      assert.deepEqual(problems, []);
      assert.deepEqual(
        value.routes.map(summarize),
        model.map(([listen, [, summary], target]) => `${listen} ${summary} ${target ?? listen}`),
      );
    }),
  );
});
