import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Exchange } from './order.ts';
import { makeRequest } from './request.ts';

const exchange: Exchange = {
  proxy: { address: '127.0.0.1', port: 8080 },
  via: 'absolute',
  authority: 'origin.test:80',
  method: 'GET',
  path: '/small',
  body: undefined,
  answer: { text: '' },
};

test('makeRequest: absolute form goes to the proxy without CONNECT', () => {
  const { connect, request } = makeRequest(exchange, 'kept');
  assert.equal(connect, undefined);
  assert.equal(
    request.toString(),
    'GET http://origin.test:80/small HTTP/1.1\r\nHost: origin.test:80\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n',
  );
});

test('makeRequest: in a tunnel it is origin form behind a CONNECT', () => {
  const { connect, request } = makeRequest({ ...exchange, via: 'tunnel' }, 'kept');
  assert.equal(connect?.toString(), 'CONNECT origin.test:80 HTTP/1.1\r\nHost: origin.test:80\r\n\r\n');
  assert.match(request.toString(), /^GET \/small HTTP\/1.1\r\n/);
});

test('makeRequest: a connection for one request says so', () => {
  assert.match(makeRequest(exchange, 'one request').request.toString(), /\r\nConnection: close\r\n/);
});

test('makeRequest: an upload is the beginning of its file, with its length', () => {
  const file = import.meta.filename;
  const { request } = makeRequest({ ...exchange, method: 'POST', body: { file, length: 6 } }, 'kept');
  assert.match(request.toString(), /\r\nContent-Length: 6\r\n[\s\S]*\r\n\r\nimport$/);
});
