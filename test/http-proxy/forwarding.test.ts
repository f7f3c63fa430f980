import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { openProxy } from './proxy.ts';
import { answer, exchange, openClient, openDestination, statusOf, until, untilSteady } from './sockets.ts';

const rules = ['127.0.0.2'];
const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';

test('forward: request and response are written anew, without what concerns one connection only', async (t) => {
  const destination = await openDestination(
    t,
    answer(
      'HTTP/1.1 200 Fine\r\nX-Own: 1\r\nx-own: 2\r\nConnection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=9\r\nContent-Length: 5\r\n\r\nhello',
    ),
  );
  const proxy = await openProxy(t, { rules });
  const head = [
    `GET http://user:secret@${destination.authority}/path?q HTTP/1.1`,
    'Host: other.example',
    'X-One: 1',
    'Connection: X-Hop, Authorization',
    'X-Hop: 1',
    'Authorization: Basic eA==',
    'Proxy-Authorization: Basic c2VjcmV0',
    'Proxy-Connection: keep-alive',
    'X-Forwarded-For: 10.0.0.9',
    'TE: trailers',
    'X-One: 2',
  ].join('\r\n');
  const client = await openClient(t, proxy.port);
  client.socket.write(`${head}\r\n\r\n`);
  await client.waitFor('hello');
  const { pseudonym } = /Via: 1\.1 (?<pseudonym>egress-router-[0-9a-f]{8})\r\n/.exec(client.received())?.groups ?? {};
  assert.equal(
    destination.received(),
    [
      'GET /path?q HTTP/1.1',
      `Host: ${destination.authority}`,
      'X-One: 1',
      'Authorization: Basic eA==',
      'X-One: 2',
      `Via: 1.1 ${pseudonym}`,
      '',
      '',
    ].join('\r\n'),
  );
  const [status, ...fields] = client.received().split('\r\n');
  assert.equal(status, 'HTTP/1.1 200 Fine');
  assert.deepEqual(
    fields.filter((field) => !field.startsWith('Date')),
    ['X-Own: 1', 'x-own: 2', 'Content-Length: 5', `Via: 1.1 ${pseudonym}`, 'Connection: keep-alive', 'Keep-Alive: timeout=60', '', 'hello'],
  );
});

test('forward: both sides keep their connections, and one upstream connection carries one request at a time', async (t) => {
  const destination = await openDestination(t, answer(ok));
  const proxy = await openProxy(t, { rules });
  const client = await openClient(t, proxy.port);
  for (let count = 1; count <= 3; count += 1) {
    client.socket.write(`GET http://${destination.authority}/${count} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await until(() => client.received().split('hello').length === count + 1);
  }
  assert.equal(destination.sockets.length, 1);
});

test('forward: requests that are pipelined are sent one after the other and answered in order', async (t) => {
  const open: Socket[] = [];
  const destination = await openDestination(t, (socket) => {
    socket.on('data', (chunk) => {
      for (const [, path] of chunk.toString().matchAll(/^GET (\S+) /gm)) {
        open.push(socket);
        // The first takes longest.
        const delay = path === '/1' ? 60 : 0;
        setTimeout(() => {
          assert.equal(open.length, 1, 'one request at a time');
          open.pop();
          socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n${path}`);
        }, delay);
      }
    });
  });
  const proxy = await openProxy(t, { rules });
  const request = (path: string) => `GET http://${destination.authority}${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
  const response = await exchange(t, proxy.port, ['/1', '/2', '/3', '/4'].map(request).join(''));
  assert.deepEqual(response.match(/\/\d$|\/\d(?=HTTP)/gm), ['/1', '/2', '/3', '/4']);
});

for (const [what, behind] of [
  ['CONNECT', (authority: string) => `CONNECT ${authority} HTTP/1.1\r\nHost: x\r\n\r\n`],
  ['a WebSocket', (to: string) => `GET http://${to}/ HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`],
] as const) {
  test(`forward: a long response with ${what} asked for behind it comes down whole`, async (t) => {
    const body = 'x'.repeat(8_000_000);
    const destination = await openDestination(t, answer(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`));
    const proxy = await openProxy(t, { rules: ['127.0.0.2'] });
    const client = await openClient(t, proxy.port);
    client.socket.write(`GET http://${destination.authority}/ HTTP/1.1\r\nHost: x\r\n\r\n${behind(destination.authority)}`);
    await client.waitFor(`${body}HTTP/1.1 200`);
  });
}

test('forward: a client that pipelines without bounds is served one request after the other, and sends no more meanwhile', async (t) => {
  const destination = await openDestination(t);
  const proxy = await openProxy(t, { rules });
  const client = await openClient(t, proxy.port);
  const request = `GET http://${destination.authority}/ HTTP/1.1\r\nHost: x\r\n\r\n`;
  client.socket.write(request.repeat(2_000_000));
  await untilSteady(() => client.socket.bytesWritten);
  assert.ok(client.socket.writableLength > 0, 'everything was taken from the client');
  assert.equal(destination.received().match(/^GET /gm)?.length, 1);
});

test('forward: a body goes up and another comes down at the same time, under back-pressure', async (t) => {
  const size = 32 * 1024 * 1024;
  let up = 0;
  const destination = await openDestination(t, (socket) => {
    socket.once('data', () => socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`));
    socket.on('data', (chunk) => {
      up += chunk.length;
    });
    socket.write('');
  });
  const proxy = await openProxy(t, { rules });
  const client = await openClient(t, proxy.port);
  client.socket.pause();
  client.socket.write(`POST http://${destination.authority}/ HTTP/1.1\r\nHost: x\r\nContent-Length: ${size}\r\n\r\n`);
  client.socket.write(Buffer.alloc(size, 'u'));
  await until(() => destination.sockets.length === 1);
  const [upstream] = destination.sockets;
  assert.ok(upstream);
  await once(upstream, 'data');
  upstream.write(Buffer.alloc(size, 'd'));
  await until(() => up >= size);
  // The client does not read: the destination is held by back-pressure.
  await untilSteady(() => upstream.writableLength);
  assert.ok(upstream.writableLength > 0, 'everything was read from the destination although the client read nothing');
  let down = 0;
  client.socket.on('data', (chunk) => {
    down += chunk.length;
  });
  client.socket.resume();
  await until(() => down >= size);
  const line = await proxy.waitForLine({ msg: 'request' });
  assert.deepEqual([line.bytesUp, line.bytesDown, line.status], [size, size, 200]);
});

test('forward: an upload is held when the destination does not read', async (t) => {
  const destination = await openDestination(t, (socket) => socket.pause());
  const proxy = await openProxy(t, { rules });
  const client = await openClient(t, proxy.port);
  const size = 64 * 1024 * 1024;
  client.socket.write(`PUT http://${destination.authority}/ HTTP/1.1\r\nHost: x\r\nContent-Length: ${size}\r\n\r\n`);
  client.socket.write(Buffer.alloc(size));
  await until(() => destination.sockets.length === 1);
  await untilSteady(() => client.socket.bytesWritten);
  assert.ok(client.socket.writableLength > 0, 'everything was taken from the client although the destination read nothing');
  destination.sockets[0]?.resume();
  await until(() => client.socket.writableLength === 0);
});

test('forward: chunks go up as chunks, and request trailers are dropped', async (t) => {
  const destination = await openDestination(t, (socket) => {
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
      if (text.endsWith('0\r\n\r\n')) socket.write(ok);
    });
  });
  const proxy = await openProxy(t, { rules });
  const client = await openClient(t, proxy.port);
  client.socket.write(
    `POST http://${destination.authority}/ HTTP/1.1\r\nHost: x\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n`,
  );
  await until(() => destination.received().includes('abc'));
  client.socket.write('2;x=y\r\nde\r\n0\r\nX-Sum: 5\r\n\r\n');
  await client.waitFor('hello');
  assert.match(destination.received(), /\r\nTransfer-Encoding: chunked\r\n(.*\r\n)*\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n$/);
  assert.doesNotMatch(destination.received(), /X-Sum/i);
});

test('forward: chunks come down as chunks, as they come, with trailers', async (t) => {
  const destination = await openDestination(
    t,
    answer('HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n'),
  );
  const proxy = await openProxy(t, { rules });
  const client = await openClient(t, proxy.port);
  client.socket.write(`GET http://${destination.authority}/ HTTP/1.1\r\nHost: x\r\n\r\n`);
  await client.waitFor('\r\n\r\n3\r\nabc\r\n');
  destination.sockets[0]?.write('2\r\nde\r\n0\r\nX-Sum: 5\r\nHost: other\r\n\r\n');
  await client.waitFor('2\r\nde\r\n0\r\nX-Sum: 5\r\n\r\n');
  assert.match(client.received(), /\r\nTrailer: X-Sum\r\n/);
});

test('forward: the head of a response goes down before its body is there', async (t) => {
  const destination = await openDestination(t, answer('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n'));
  const proxy = await openProxy(t, { rules });
  const client = await openClient(t, proxy.port);
  client.socket.write(`GET http://${destination.authority}/ HTTP/1.1\r\nHost: x\r\n\r\n`);
  await client.waitFor('\r\n\r\n');
  destination.sockets[0]?.write('later');
  await client.waitFor('later');
});

test('forward: a body that ends with the connection comes down as chunks, and to HTTP/1.0 as it is', async (t) => {
  const destination = await openDestination(
    t,
    answer('HTTP/1.1 200 OK\r\nTrailer: X\r\n\r\nall of it', (socket) => socket.end()),
  );
  const proxy = await openProxy(t, { rules });
  const client = await openClient(t, proxy.port);
  client.socket.write(`GET http://${destination.authority}/ HTTP/1.1\r\nHost: x\r\n\r\n`);
  await client.waitFor('\r\n\r\n9\r\nall of it\r\n0\r\n\r\n');
  const old = await exchange(t, proxy.port, `GET http://${destination.authority}/ HTTP/1.0\r\nConnection: keep-alive\r\n\r\n`);
  assert.match(old, /\r\nConnection: close\r\n/);
  assert.match(old, /\r\n\r\nall of it$/);
  assert.doesNotMatch(old, /chunked|Trailer/);
});

test('forward: HTTP/1.0 gets neither chunks nor trailers nor informational responses', async (t) => {
  const destination = await openDestination(
    t,
    answer(
      'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 5\r\n\r\n',
    ),
  );
  const proxy = await openProxy(t, { rules });
  const response = await exchange(t, proxy.port, `GET http://${destination.authority}/ HTTP/1.0\r\n\r\n`);
  assert.match(response, /^HTTP\/1\.1 200 OK\r\n/);
  assert.match(response, /\r\n\r\nabc$/);
});

test('forward: informational responses are forwarded with their fields, before the final one', async (t) => {
  const destination = await openDestination(
    t,
    answer(
      `HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\nX-More: 1\r\nConnection: X-Hop\r\nX-Hop: 1\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n${ok}`,
    ),
  );
  const proxy = await openProxy(t, { rules });
  const client = await openClient(t, proxy.port);
  client.socket.write(`GET http://${destination.authority}/ HTTP/1.1\r\nHost: x\r\n\r\n`);
  await client.waitFor('hello');
  assert.match(
    client.received(),
    /^HTTP\/1\.1 103 Early Hints\r\nLink: <\/a>; rel=preload\r\nX-More: 1\r\nVia: [^\r]+\r\n\r\nHTTP\/1\.1 102 /,
  );
  assert.doesNotMatch(client.received(), /X-Hop/);
});

test('forward: HEAD, 204 and 304 have no body, keep their Content-Length, and the connection goes on', async (t) => {
  const destination = await openDestination(t, (socket) => {
    socket.on('data', (chunk: Buffer) => {
      const path = /^\w+ (\S+)/.exec(chunk.toString())?.[1];
      if (path === '/204') socket.write('HTTP/1.1 204 No Content\r\n\r\n');
      else if (path === '/304') socket.write('HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\nETag: "a"\r\n\r\n');
      else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n');
    });
  });
  const proxy = await openProxy(t, { rules });
  const url = `http://${destination.authority}`;
  const bytes = ['HEAD /head', 'GET /204', 'GET /304'].map((line) => `${line.replace(' ', ` ${url}`)} HTTP/1.1\r\nHost: x\r\n\r\n`);
  const heads = (await exchange(t, proxy.port, bytes.join(''))).split('\r\n\r\n');
  assert.equal(heads.length, 4);
  assert.equal(heads[3], '');
  assert.match(heads[0] ?? '', /^HTTP\/1\.1 200 .*\r\nContent-Length: 7\r\n/s);
  assert.match(heads[1] ?? '', /^HTTP\/1\.1 204 /);
  assert.match(heads[2] ?? '', /^HTTP\/1\.1 304 .*\r\nETag: "a"\r\n/s);
  assert.doesNotMatch(heads.join(), /Transfer-Encoding/i);
});

for (const [method, status] of [
  ['HEAD', 200],
  ['GET', 204],
  ['GET', 304],
] as const) {
  test(`forward: the answer ${status} to ${method} may announce trailers, although it has no body`, async (t) => {
    const destination = await openDestination(t, answer(`HTTP/1.1 ${status} Fine\r\nETag: "a"\r\nTrailer: Expires\r\n\r\n`));
    const proxy = await openProxy(t, { rules });
    const response = await exchange(t, proxy.port, `${method} http://${destination.authority}/ HTTP/1.1\r\nHost: x\r\n\r\n`);
    assert.equal(statusOf(response), status);
    assert.match(response, /\r\nETag: "a"\r\n/);
  });
}

for (const method of ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', 'M-SEARCH', 'PURGE', 'QUERY']) {
  test(`forward: the method ${method} goes on`, async (t) => {
    const destination = await openDestination(t, answer('HTTP/1.1 204 No Content\r\n\r\n'));
    const proxy = await openProxy(t, { rules });
    const response = await exchange(
      t,
      proxy.port,
      `${method} http://${destination.authority}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    );
    assert.equal(statusOf(response), 204);
    assert.ok(destination.received().startsWith(`${method} / HTTP/1.1\r\n`));
  });
}

test('forward: GET and DELETE with a body in HTTP/1.1 go on with it', async (t) => {
  const destination = await openDestination(t, (socket) => socket.on('data', (chunk) => chunk.includes('abc') && socket.write(ok)));
  const proxy = await openProxy(t, { rules });
  for (const method of ['GET', 'DELETE']) {
    const response = await exchange(
      t,
      proxy.port,
      `${method} http://${destination.authority}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc`,
    );
    assert.equal(statusOf(response), 200);
  }
  assert.equal(destination.received().match(/\r\nContent-Length: 3\r\n/g)?.length, 2);
  assert.equal(destination.received().match(/\r\n\r\nabc/g)?.length, 2);
});

test('forward: a client that has finished sending still gets its answer, however late', async (t) => {
  const destination = await openDestination(
    t,
    answer('', (socket) => setTimeout(() => socket.write(ok), 100)),
  );
  const proxy = await openProxy(t, { rules });
  assert.match(await exchange(t, proxy.port, `GET http://${destination.authority}/ HTTP/1.1\r\nHost: x\r\n\r\n`), /hello$/);
});

test('forward: a response that comes before the upload has ended is delivered whole, and the connection ends', async (t) => {
  const page = `HTTP/1.1 413 Too Large\r\nContent-Length: 100000\r\n\r\n${'n'.repeat(100_000)}`;
  const destination = await openDestination(
    t,
    answer(page, (socket) => socket.end()),
  );
  const proxy = await openProxy(t, { rules });
  const client = await openClient(t, proxy.port);
  client.socket.write(`PUT http://${destination.authority}/ HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n`);
  client.socket.write(Buffer.alloc(8 * 1024 * 1024));
  const response = await client.end();
  assert.equal(statusOf(response), 413);
  assert.equal(response.match(/n{100000}$/)?.length, 1);
  assert.match(response, /\r\nConnection: close\r\n/);
});

test('forward: a denied upload gets its answer, although its body was not read', async (t) => {
  const proxy = await openProxy(t, { rules });
  const client = await openClient(t, proxy.port);
  client.socket.write('PUT http://192.0.2.1/ HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n');
  client.socket.write(Buffer.alloc(4 * 1024 * 1024));
  assert.equal(statusOf(await client.end()), 403);
  assert.equal(client.wasReset(), false);
});

test('forward: a client that goes away while the name is looked up leaves no request, and a line in the log', async (t) => {
  const destination = await openDestination(t, answer('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
  const found = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let lookUps = 0;
  const proxy = await openProxy(t, {
    rules: ['127.0.0.2'],
    hosts: { 'x.example': ['127.0.0.2'] },
    lookUp: async () => found[lookUps++]?.promise,
  });
  // For a connection that is kept.
  const first = await openClient(t, proxy.port);
  found[0]?.resolve();
  first.socket.write(`GET http://x.example:${destination.port}/ HTTP/1.1\r\nHost: x\r\n\r\n`);
  await first.waitFor('ok');
  const client = await openClient(t, proxy.port);
  client.socket.write(`POST http://x.example:${destination.port}/gone HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc`);
  await until(() => lookUps === 2);
  client.socket.resetAndDestroy();
  await new Promise((resolve) => setTimeout(resolve, 50));
  found[1]?.resolve();
  await proxy.waitForLine({ msg: 'request', method: 'POST', reason: 'the client broke off' });
  assert.doesNotMatch(destination.received(), /gone/);
});

test('forward: the line of a request has who, where, by which rule and how much, and no secrets', async (t) => {
  const destination = await openDestination(t, answer(ok));
  const proxy = await openProxy(t, { rules: ['!bad.example', ...rules] });
  await exchange(
    t,
    proxy.port,
    `POST http://u:secret@${destination.authority}/secret HTTP/1.1\r\nHost: x\r\nAuthorization: secret\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc`,
  );
  await exchange(t, proxy.port, 'GET http://bad.example/ HTTP/1.0\r\n\r\n');
  await proxy.waitForLine({ destination: 'bad.example:80' });
  const lines = proxy.lines.map(({ durationMs, ...line }) => {
    assert.equal(typeof durationMs, 'number');
    return Object.fromEntries(Object.entries(line).filter(([, value]) => value !== undefined));
  });
  assert.deepEqual(lines, [
    {
      level: 'info',
      client: '127.0.0.1',
      method: 'POST',
      destination: destination.authority,
      endpoint: destination.authority,
      rule: 'LIST:2 127.0.0.2',
      decision: 'allow',
      status: 200,
      bytesUp: 3,
      bytesDown: 5,
      msg: 'request',
    },
    {
      level: 'info',
      client: '127.0.0.1',
      method: 'GET',
      destination: 'bad.example:80',
      rule: 'LIST:1 !bad.example',
      decision: 'deny',
      status: 403,
      bytesUp: 0,
      bytesDown: 0,
      reason: 'denied by LIST:1 !bad.example',
      msg: 'request',
    },
  ]);
});
