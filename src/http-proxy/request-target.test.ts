import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseIpAddress } from '../net/ip-address.ts';
import { formatHost } from './destination.ts';
import { parseAbsoluteForm, parseAuthorityForm } from './request-target.ts';

function shortAbsolute(text: string): string {
  const target = parseAbsoluteForm(text, 'GET');
  if (typeof target === 'string') return `no: ${target}`;
  const { destination, authority, path } = target;
  return `${formatHost(destination.host)} ${destination.port} ${authority} ${path}`;
}

const good: [string, string][] = [
  ['http://a.example/', 'a.example 80 a.example /'],
  ['http://a.example', 'a.example 80 a.example /'],
  ['HTTP://A.Example:80/X?Y=%5c', 'a.example 80 a.example /X?Y=%5c'],
  ['http://a.example.:8080/x', 'a.example 8080 a.example:8080 /x'],
  ['http://a.example?q', 'a.example 80 a.example /?q'],
  ['http://a.example/?q=http://b.example/@', 'a.example 80 a.example /?q=http://b.example/@'],
  ['http://192.0.2.1:1/', '192.0.2.1 1 192.0.2.1:1 /'],
  ['http://[2001:DB8:0::1]:65535/', '[2001:db8::1] 65535 [2001:db8::1]:65535 /'],
  ['http://[2001:db8::1]', '[2001:db8::1] 80 [2001:db8::1] /'],
  ['http://user:secret@a.example/', 'a.example 80 a.example /'],
  ['http://b.example@a.example/', 'a.example 80 a.example /'],
  ['http://u@b.example:1@a.example:2/', 'a.example 2 a.example:2 /'],
  ['http://xn--bcher-kva.example/', 'xn--bcher-kva.example 80 xn--bcher-kva.example /'],
  ['http://under_score.example/', 'under_score.example 80 under_score.example /'],
];
for (const [text, expected] of good) {
  test(`parseAbsoluteForm: ${text} is understood`, () => assert.equal(shortAbsolute(text), expected));
}

const badHosts = [
  ...['127.1', '0x7f.1', '2130706433', '0177.0.0.1', '127.0.0.01', '1.2.3.4.5', '0x7f000001', '127.0.0.1.', '256.1.1.1'],
  ...['\uff11\uff12\uff17.0.0.1', '%31.example', '127.0.0.%31', '%61.example', 'b\u00fccher.example'],
  ...['[::1%25eth0]', '[fe80::1%eth0]', '::1', '[127.0.0.1]', '[a.example]', '[::1', '::1]', '[]', '[[::1]]', '[::1]x'],
  ...['', '.', '..', 'a..example', '.a.example', 'a.example..', 'a\\b.example', 'a b.example', 'a#b.example', `${'a'.repeat(64)}.example`],
  ...['a\u0000.example', 'a\u007f.example', 'a\texample', 'a,b.example', "a'.example", '*.example', 'a.example;b'],
];
const badPorts = ['+80', '-1', '080', '0', '65536', '', '8o', '80:80', ' 80', '80 ', '0x50', '\uff18\uff10'];
for (const host of badHosts) {
  test(`parseAbsoluteForm and parseAuthorityForm: the host ${JSON.stringify(host)} is refused`, () => {
    assert.match(shortAbsolute(`http://${host}/`), /^no: /);
    assert.match(shortAbsolute(`http://${host}:80/`), /^no: /);
    assert.equal(typeof parseAuthorityForm(`${host}:443`), 'string');
  });
}
for (const port of badPorts) {
  test(`parseAbsoluteForm and parseAuthorityForm: the port ${JSON.stringify(port)} is refused`, () => {
    for (const host of ['a.example', '192.0.2.1', '[2001:db8::1]']) {
      assert.match(shortAbsolute(`http://${host}:${port}/`), /^no: the (port|host|request target)/);
      assert.equal(typeof parseAuthorityForm(`${host}:${port}`), 'string');
    }
  });
}

const badTargets: [string, RegExp][] = [
  ['/', /not an absolute URL/],
  ['*', /not an absolute URL/],
  ['a.example:80', /not an absolute URL/],
  ['//a.example/', /not an absolute URL/],
  ['http:/a.example/', /not an absolute URL/],
  ['https://a.example/', /scheme is https, not http: use CONNECT/],
  ['ftp://a.example/', /scheme is ftp/],
  ['ws://a.example/', /scheme is ws/],
  ['http://a.example/#x', /character/],
  ['http://a.example/\\', /character/],
  ['http://a.example/\u00e9', /character/],
  ['http://a.example/a b', /character/],
  ['http://a.example/\u0001', /character/],
  ['http://@/', /host/],
];
for (const [text, expected] of badTargets) {
  test(`parseAbsoluteForm: ${JSON.stringify(text)} is refused with its cause`, () => assert.match(shortAbsolute(text), expected));
}

test('parseAuthorityForm: takes host and port, and no user information, path or missing port', () => {
  assert.deepEqual(parseAuthorityForm('A.Example.:443'), { host: { kind: 'name', name: 'a.example' }, port: 443 });
  const address = parseIpAddress('2001:db8::1');
  assert.deepEqual(parseAuthorityForm('[2001:db8::1]:443'), { host: { kind: 'address', address }, port: 443 });
  for (const text of ['u@a.example:443', 'u:p@a.example:443', 'a.example', '[2001:db8::1]', 'a.example:443/', 'http://a.example:443', '']) {
    assert.equal(typeof parseAuthorityForm(text), 'string', text);
  }
});

test('parseAbsoluteForm: whatever it is given it returns, and what it understood it understands again from its own words', () => {
  const piece = fc.constantFrom(
    'http://',
    'a.example',
    '@',
    ':',
    '80',
    '[',
    ']',
    '::1',
    '.',
    '/',
    '?',
    '%',
    '127.',
    '1',
    '\\',
    '#',
    'xn--',
    '\u00e9',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(piece).map((pieces) => `http://${pieces.join('')}`),
      ),
      (text) => {
        const target = parseAbsoluteForm(text, 'GET');
        if (typeof target === 'string') return;
        assert.deepEqual(parseAbsoluteForm(`http://${target.authority}${target.path}`, 'GET'), target);
      },
    ),
  );
});

test('parseAbsoluteForm: OPTIONS without path and query asks about the server, and no other method does', () => {
  const path = (text: string, method: string) => {
    const target = parseAbsoluteForm(text, method);
    return typeof target === 'string' ? target : target.path;
  };
  assert.equal(path('http://a.example:81', 'OPTIONS'), '*');
  assert.equal(path('http://a.example/', 'OPTIONS'), '/');
  assert.equal(path('http://a.example?q', 'OPTIONS'), '/?q');
  assert.equal(path('http://a.example', 'GET'), '/');
});
