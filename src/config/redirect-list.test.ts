import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Family, type IpAddress, parseIpAddress } from '../net/ip-address.ts';
import { parseRedirectList } from './redirect-list.ts';
import type { PortRange } from './router-config.ts';

const accepted =
  'PORT tcp|udp|sctp ADDRESS [TARGETPORT], FIRST-LAST tcp|udp|sctp ADDRESS, or last ADDRESS; none that is loopback or multicast';

function parse(text: string, families: readonly Family[] = []) {
  return parseRedirectList({ variable: 'EGRESS_DESTINATION', text }, families);
}

/** Each problem as `LINE CODE MESSAGE`. */
function problemsOf(text: string, families: readonly Family[] = []): readonly string[] {
  return parse(text, families).problems.map(({ line, code, message }) => `${line} ${code} ${message}`);
}

/** The list in short: ports, protocol, destination, target port. */
function summarize(text: string): readonly string[] {
  const { value, problems } = parse(text);
  assert.deepEqual(problems, [], text);
  return [
    ...value.rules.map(
      ({ line, ports: { first, last }, protocol, destination, targetPort }) =>
        `${line}: ${first}-${last} ${protocol} ${destination.text} ${targetPort ?? 'kept'}`,
    ),
    ...value.fallbacks.map(({ line, destination }) => `${line}: ${destination.text}`),
  ];
}

const valid = [
  ['80 tcp 203.0.113.25', ['1: 80-80 tcp 203.0.113.25 kept']],
  ['8080 tcp 203.0.113.26 80', ['1: 8080-8080 tcp 203.0.113.26 80']],
  ['53 udp 203.0.113.53\n53 tcp 203.0.113.53', ['1: 53-53 udp 203.0.113.53 kept', '2: 53-53 tcp 203.0.113.53 kept']],
  ['7 sctp 203.0.113.7 9', ['1: 7-7 sctp 203.0.113.7 9']],
  ['80 tcp 203.0.113.25\n80 tcp 2001:DB8::25', ['1: 80-80 tcp 203.0.113.25 kept', '2: 80-80 tcp 2001:db8::25 kept']],
  ['8000-8100 tcp 203.0.113.25\n8101 tcp 203.0.113.26', ['1: 8000-8100 tcp 203.0.113.25 kept', '2: 8101-8101 tcp 203.0.113.26 kept']],
  ['1-65535 tcp 203.0.113.25\n1-65535 udp 203.0.113.25', ['1: 1-65535 tcp 203.0.113.25 kept', '2: 1-65535 udp 203.0.113.25 kept']],
  ['80-80 tcp 203.0.113.25', ['1: 80-80 tcp 203.0.113.25 kept']],
  ['203.0.113.27', ['1: 203.0.113.27']],
  ['80 tcp 203.0.113.25\n2001:db8::27\n203.0.113.27', ['1: 80-80 tcp 203.0.113.25 kept', '2: 2001:db8::27', '3: 203.0.113.27']],
  ['# first\n\n  \t\n  # second\r\n  80 \t tcp   203.0.113.25  \r\n#203.0.113.27', ['5: 80-80 tcp 203.0.113.25 kept']],
] as const;

const invalid = (text: string) => `EGRESS_DESTINATION value '${text}' is invalid`;
const badPort = (text: string) => `Invalid port: ${text}, must be in the range 1 to 65535`;
const used = (text: string) => `EGRESS_DESTINATION localport ${text} is already used, must be unique for each destination`;
const notLast = 'EGRESS_DESTINATION fallback IP must be the last line';

const refused = [
  ['', ['undefined LIST_MISSING EGRESS_DESTINATION unspecified']],
  ['# all\n\n# comments', ['undefined LIST_MISSING EGRESS_DESTINATION unspecified']],
  ...[
    '80',
    '80 tcp',
    'tcp 203.0.113.25',
    '80 TCP 203.0.113.25',
    '80 icmp 203.0.113.25',
    '80 tcp example.com',
    '80 tcp 203.0.113.256',
    '80 tcp 203.0.113',
    '80 tcp 203.0.113.25/32',
    '80 tcp [2001:db8::25]',
    '80 tcp fe80::1%eth0',
    '80 tcp 203.0.113.25 http',
    '80 tcp 203.0.113.25 80 80',
    '80 tcp 203.0.113.25 # web',
    'http tcp 203.0.113.25',
    '+80 tcp 203.0.113.25',
    '-80 tcp 203.0.113.25',
    '80- tcp 203.0.113.25',
    '80-90-100 tcp 203.0.113.25',
    '81-80 tcp 203.0.113.25',
    '80-90 tcp 203.0.113.25 8080',
    '80,443 tcp 203.0.113.25',
    '80 tcp 0.0.0.0',
    '80 tcp 127.0.0.1',
    '80 tcp 224.0.0.1',
    '80 udp 255.255.255.255',
    '80 tcp ::',
    '80 tcp ::1',
    '80 tcp ff02::1',
    '80 tcp ::ffff:203.0.113.25',
    'example.com',
    '203.0.113.0/24',
    '127.0.0.1',
  ].map((line) => [line, [`1 LINE_INVALID ${invalid(line)}`]] as const),
  ['0 tcp 203.0.113.25', [`1 PORT_INVALID ${badPort('0')}`]],
  ['65536 tcp 203.0.113.25', [`1 PORT_INVALID ${badPort('65536')}`]],
  ['080 tcp 203.0.113.25', [`1 PORT_INVALID ${badPort('080')}`]],
  ['0 tcp 203.0.113.25 70000', [`1 PORT_INVALID ${badPort('0')}`, `1 PORT_INVALID ${badPort('70000')}`]],
  ['0-70000 tcp 203.0.113.25', [`1 PORT_INVALID ${badPort('0')}`, `1 PORT_INVALID ${badPort('70000')}`]],
  ['80 tcp 203.0.113.25\n80 tcp 203.0.113.26', [`2 PORT_DUPLICATE ${used('80')}`]],
  ['80 tcp 203.0.113.25\n70-90 tcp 203.0.113.26', [`2 PORT_DUPLICATE ${used('70-90')}`]],
  ['70-90 tcp 203.0.113.25\n90-95 tcp 203.0.113.26', [`2 PORT_DUPLICATE ${used('90-95')}`]],
  ['203.0.113.27\n80 tcp 203.0.113.25', [`1 FALLBACK_NOT_LAST ${notLast}`]],
  ['203.0.113.27\n203.0.113.28', [`1 FALLBACK_NOT_LAST ${notLast}`]],
  ['203.0.113.27\n2001:db8::27\n80 tcp 203.0.113.25', [`1 FALLBACK_NOT_LAST ${notLast}`, `2 FALLBACK_NOT_LAST ${notLast}`]],
  ['203.0.113.27\n80 tcp nowhere', [`1 FALLBACK_NOT_LAST ${notLast}`, `2 LINE_INVALID ${invalid('80 tcp nowhere')}`]],
] as const;

test('parseRedirectList: rules, ranges and fallbacks of both families are read, blank lines and comments skipped', () => {
  for (const [text, summary] of valid) assert.deepEqual(summarize(text), summary, text);
});

test('parseRedirectList: every other line is refused, by its number and in the words of the original', () => {
  for (const [text, problems] of refused) assert.deepEqual(problemsOf(text), problems, text);
});

test('parseRedirectList: a problem tells the variable, the line, the trimmed text and what is accepted', () => {
  assert.deepEqual(parseRedirectList({ variable: 'EGRESS_DESTINATION_FILE', text: '\n  80 tcp x \n' }, []).problems, [
    { code: 'LINE_INVALID', variable: 'EGRESS_DESTINATION_FILE', line: 2, value: '80 tcp x', message: invalid('80 tcp x'), accepted },
  ]);
});

test('parseRedirectList: a port that is taken says by which line', () => {
  const [problem] = parse('80 tcp 203.0.113.25\n\n80 tcp 203.0.113.26').problems;
  assert.equal(problem?.accepted, 'a port that no other line of its family and protocol takes; line 1 takes it');
});

test('parseRedirectList: a destination of a family without a source IP is refused where the source IPs are known', () => {
  const text = '80 tcp 203.0.113.25\n80 tcp 2001:db8::25\n2001:db8::27';
  const problem = (line: number, value: string) => `${line} FAMILY_WITHOUT_SOURCE ${invalid(value)}: EGRESS_SOURCE has no IPv6 address`;
  assert.deepEqual(problemsOf(text, ['ipv4']), [problem(2, '80 tcp 2001:db8::25'), problem(3, '2001:db8::27')]);
  assert.deepEqual(problemsOf(text, ['ipv4', 'ipv6']), []);
  assert.deepEqual(problemsOf(text), []);
});

test('parseRedirectList: ten thousand lines that all want every port are each refused, without a look at each pair', () => {
  const { problems } = parse('1-65535 tcp 203.0.113.25\n'.repeat(10_000));
  assert.equal(problems.length, 9_999);
});

const addresses = fc
  .oneof(fc.ipV4(), fc.ipV6())
  .map(parseIpAddress)
  .filter(
    (address): address is IpAddress =>
      address !== undefined && /^(?!0\.0\.0\.0$|127\.|22[4-9]|23|255\.255\.255\.255|::|ff)/.test(address.text),
  );
const protocolWords = fc.constantFrom('tcp' as const, 'udp' as const, 'sctp' as const);
const rangesApart = fc
  .uniqueArray(fc.integer({ min: 1, max: 65535 }), { minLength: 2, maxLength: 40 })
  .map((ports) => ports.toSorted((a, b) => a - b))
  .map((ports) => ports.flatMap((first, index) => (index % 2 === 0 ? { first, last: ports[index + 1] ?? first } : [])));

function format({ first, last }: PortRange): string {
  return first === last ? `${first}` : `${first}-${last}`;
}

test('parseRedirectList: a list written from a model reads back as the model', () => {
  const rules = rangesApart.chain((ranges) =>
    fc.tuple(
      ...ranges.map((ports) =>
        fc.record({
          ports: fc.constant(ports),
          protocol: protocolWords,
          destination: addresses,
          target: fc.option(fc.integer({ min: 1, max: 65535 }), { nil: undefined }),
          gap: fc.constantFrom('', '\n', '# 80 tcp x\n', ' \t\n'),
        }),
      ),
    ),
  );
  fc.assert(
    fc.property(rules, fc.uniqueArray(addresses, { selector: ({ family }) => family }), (model, fallbacks) => {
      const expected = model.map((rule) => ({ ...rule, targetPort: rule.ports.first === rule.ports.last ? rule.target : undefined }));
      const lines = expected.map(
        ({ ports, protocol, destination, targetPort, gap }) =>
          `${gap}${[format(ports), protocol, destination.text, ...(targetPort === undefined ? [] : [targetPort])].join(' ')}`,
      );
      const { value, problems } = parse([...lines, ...fallbacks.map(({ text }) => text)].join('\n'));
      assert.deepEqual(problems, []);
      assert.deepEqual(
        value.rules.map(({ ports, protocol, destination, targetPort }) => ({ ports, protocol, destination, targetPort })),
        expected.map(({ ports, protocol, destination, targetPort }) => ({ ports, protocol, destination, targetPort })),
      );
      assert.deepEqual(
        value.fallbacks.map(({ destination }) => destination),
        fallbacks,
      );
    }),
  );
});
