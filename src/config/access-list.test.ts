import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Family } from '../net/ip-address.ts';
import { formatPrefix } from '../net/prefix.ts';
import { parseAccessList } from './access-list.ts';
import type { AccessRule } from './router-config.ts';

const variable = 'EGRESS_HTTP_PROXY_DESTINATION';

function parse(text: string, families: readonly Family[] = []) {
  return parseAccessList({ variable, text }, families);
}

/** Each problem as `LINE CODE MESSAGE`. */
function problemsOf(text: string, families: readonly Family[] = []): readonly string[] {
  return parse(text, families).problems.map(({ line, code, message }) => `${line} ${code} ${message}`);
}

function summarize({ action, pattern }: AccessRule): string {
  const subject = pattern.kind === 'prefix' ? formatPrefix(pattern.prefix) : pattern.kind === 'any' ? '' : pattern.name;
  return `${action} ${pattern.kind} ${subject}`.trim();
}

const valid = [
  ['example.com', 'allow host example.com'],
  ['Example.COM.', 'allow host example.com'],
  ['!example.com', 'deny host example.com'],
  ['*.example.com', 'allow domain example.com'],
  ['!*.example.com', 'deny domain example.com'],
  ['*.com', 'allow domain com'],
  ['bücher.example', 'allow host xn--bcher-kva.example'],
  ['*.BÜCHER.example', 'allow domain xn--bcher-kva.example'],
  ['localhost', 'allow host localhost'],
  ['192.0.2.1', 'allow prefix 192.0.2.1/32'],
  ['!192.0.2.77/24', 'deny prefix 192.0.2.0/24'],
  ['0.0.0.0/0', 'allow prefix 0.0.0.0/0'],
  ['127.0.0.1', 'allow prefix 127.0.0.1/32'],
  ['2001:DB8::1', 'allow prefix 2001:db8::1/128'],
  ['!fd00::/8', 'deny prefix fd00::/8'],
  ['::/0', 'allow prefix ::/0'],
  ['*', 'allow any'],
  ['!*', 'deny any'],
  ['  example.com \r', 'allow host example.com'],
] as const;

const refused: readonly (readonly [text: string, reason?: string])[] = [
  ['!'],
  ['!!example.com'],
  ['! example.com'],
  ['example.com other.example'],
  ['example.com # shop', 'a comment needs a line of its own; write example.com'],
  ['!10.0.0.0/8 #', 'a comment needs a line of its own; write !10.0.0.0/8'],
  ['* # all', 'a comment needs a line of its own; write *'],
  ['a b # shop', 'a comment needs a line of its own'],
  ['example.com:443', 'a line has no port; write example.com'],
  ['!*.example.com:443', 'a line has no port; write !*.example.com'],
  ['192.0.2.1:80', 'a line has no port; write 192.0.2.1'],
  ['[2001:db8::1]:443', 'a line has no port; write 2001:db8::1'],
  ['http://example.com', 'a line has no scheme; write example.com'],
  ['HTTPS://example.com:443/', 'a line has no scheme; write example.com'],
  ['!https://[2001:db8::1]:443/path#part', 'a line has no scheme; write !2001:db8::1'],
  ['https://', 'a line has no scheme'],
  ['!10.0.0.0/8/path', 'a line has no path; write !10.0.0.0/8'],
  ['example.com/path', 'a line has no path; write example.com'],
  ['example.com/', 'a line has no path; write example.com'],
  ['.example.com', 'a domain begins with *.; write *.example.com'],
  ['!.example.com', 'a domain begins with *.; write !*.example.com'],
  ['*example.com', 'a domain begins with *.; write *.example.com'],
  ['**'],
  ['*.'],
  ['*.*.com'],
  ['www.*.com'],
  ['*.192.0.2.1'],
  ['127.1'],
  ['0x7f.1'],
  ['2130706433'],
  ['0177.0.0.1'],
  ['１２７.0.0.1'],
  ['ex%61mple.com'],
  ['192.0.2.256'],
  ['192.0.2.0/33'],
  ['192.0.2.0/255.255.255.0'],
  ['example.com/24'],
  ['[2001:db8::1]', 'an address has no brackets; write 2001:db8::1'],
  ['fe80::1%eth0'],
  ['::ffff:192.0.2.1', 'a mapped address is written as its IPv4 address; write 192.0.2.1'],
  ['!::ffff:c000:201', 'a mapped address is written as its IPv4 address; write !192.0.2.1'],
  ['::ffff:192.0.2.0/120', 'a mapped address is written as its IPv4 address; write 192.0.2.0/24'],
  ['exam_ple..com'],
];

test('parseAccessList: a line is an address, a range, a host, a domain or everything, allowed or denied', () => {
  for (const [text, summary] of valid) {
    const { value, problems } = parse(text);
    assert.deepEqual(problems, [], text);
    assert.deepEqual(value.rules.map(summarize), [summary], text);
  }
});

test('parseAccessList: every other line is refused in the words of the original, and where it is known with what to write', () => {
  for (const [text, reason] of refused) {
    const why = reason === undefined ? '' : `: ${reason}`;
    assert.deepEqual(problemsOf(text), [`1 LINE_INVALID Bad destination '${text}'${why}`], text);
  }
});

test('parseAccessList: whatever the line, what it is told to write is accepted', () => {
  const pieces = fc.constantFrom(
    '!',
    '*',
    '.',
    'a',
    'example.com',
    ':443',
    '/',
    '[',
    ']',
    '::ffff:10.0.0.1',
    '2001:db8::1',
    'http://',
    ' #',
    '/24',
    ' ',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 6 }), (parts) => {
      for (const { message } of parse(parts.join('')).problems) {
        const [, written] = /; write (\S+)$/.exec(message) ?? [];
        if (written !== undefined) assert.deepEqual(problemsOf(written), []);
      }
    }),
  );
});

test('parseAccessList: rules keep their order, their lines and what was written', () => {
  const { value } = parse('# shop\n!*.example.com\n\n  192.0.2.0/24\n*\n');
  assert.deepEqual(
    value.rules.map(({ line, text, variable: name }) => [name, line, text]),
    [
      [variable, 2, '!*.example.com'],
      [variable, 4, '192.0.2.0/24'],
      [variable, 5, '*'],
    ],
  );
});

test('parseAccessList: a range with bits set behind its length is a notice of what it means', () => {
  assert.deepEqual(parse('192.0.2.1\n192.0.2.0/24\n!192.0.2.77/24\n2001:DB8::1/32\n2001:DB8::/32').notices, [
    `${variable}:3: 192.0.2.77/24 means 192.0.2.0/24`,
    `${variable}:4: 2001:DB8::1/32 means 2001:db8::/32`,
  ]);
});

test('parseAccessList: a list without a line is missing', () => {
  for (const text of ['', ' \n', '# nothing\n'])
    assert.deepEqual(problemsOf(text), ['undefined LIST_MISSING No EGRESS_HTTP_PROXY_DESTINATION specified']);
});

test('parseAccessList: a wildcard before another line is refused, and so is everything else that is wrong, in the order of the lines', () => {
  const wildcard = 'WILDCARD_NOT_LAST Wildcard must be last rule, if present';
  assert.deepEqual(problemsOf('*\n!*\n*'), [`1 ${wildcard}`, `2 ${wildcard}`]);
  assert.deepEqual(problemsOf('a..b\n*\nexample.com\n127.1'), [
    "1 LINE_INVALID Bad destination 'a..b'",
    `2 ${wildcard}`,
    "4 LINE_INVALID Bad destination '127.1'",
  ]);
});

test('parseAccessList: addresses of a family without a source IP cannot be allowed, but can be denied', () => {
  assert.deepEqual(problemsOf('2001:db8::/32\n!fd00::/8\n192.0.2.1\nexample.com', ['ipv4']), [
    "1 FAMILY_WITHOUT_SOURCE Bad destination '2001:db8::/32': EGRESS_SOURCE has no IPv6 address",
  ]);
});

test('parseAccessList: a list written from a model reads back as the model', () => {
  const lines = fc.oneof(
    fc.domain().map((name) => [name, `host ${name}`] as const),
    fc.domain().map((name) => [`*.${name}`, `domain ${name}`] as const),
    fc.ipV4().map((address) => [address, `prefix ${address}/32`] as const),
    fc.constant(['2001:db8::/32', 'prefix 2001:db8::/32'] as const),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), lines), { minLength: 1 }), fc.boolean(), (model, wildcard) => {
      const text = [...model.map(([deny, [line]]) => `${deny ? '!' : ''}${line}`), ...(wildcard ? ['*'] : [])].join('\n');
      const expected = [...model.map(([deny, [, summary]]) => `${deny ? 'deny' : 'allow'} ${summary}`), ...(wildcard ? ['allow any'] : [])];
      const { value, problems } = parse(text);
      assert.deepEqual(problems, []);
      assert.deepEqual(value.rules.map(summarize), expected);
    }),
  );
});
