import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatSquidConfiguration } from './squid.ts';

test('formatSquidConfiguration: writes an acl and an http_access for each line, and denies the rest', () => {
  const text = formatSquidConfiguration({ port: 3128, rules: ['!a.example.com', '*.example.com', '192.0.2.0/24', '2001:db8::/32'] });
  assert.deepEqual(
    text.split('\n').filter((line) => /^(acl|http_)/.test(line)),
    [
      'http_port 3128',
      'acl dest1 dstdomain a.example.com',
      'http_access deny dest1',
      'acl dest2 dstdomain .example.com',
      'http_access allow dest2',
      'acl dest3 dst 192.0.2.0/24',
      'http_access allow dest3',
      'acl dest4 dst 2001:db8::/32',
      'http_access allow dest4',
      'http_access deny all',
    ],
  );
});

test('formatSquidConfiguration: a final * allows the rest', () => {
  assert.deepEqual(
    formatSquidConfiguration({ port: 3128, rules: ['*'] })
      .split('\n')
      .filter((line) => line.startsWith('http_access')),
    ['http_access allow all'],
  );
});
