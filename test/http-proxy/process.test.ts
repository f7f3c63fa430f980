import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { startProxy } from './child-proxy.ts';
import { answer, type Client, openClient, openDestination, until } from './sockets.ts';

const curl = promisify(execFile);

/** A proxy is the same whatever carries it. A worker takes descriptors itself. */
const kinds = [
  { kind: 'one thread', descriptors: 64, options: {} },
  { kind: 'two workers', descriptors: 112, options: { settings: { httpWorkers: 2 } } },
] as const;

for (const { kind, descriptors, options } of kinds) {
  test(`process, ${kind}: before descriptors run out no more clients are served, open tunnels go on, and it recovers`, async (t) => {
    const destination = await openDestination(t, (socket) => socket.pipe(socket));
    const proxy = await startProxy(t, `ulimit -n ${descriptors};`, ['127.0.0.2'], options);
    const connect = `CONNECT ${destination.authority} HTTP/1.1\r\nHost: x\r\n\r\n`;
    const tunnels: Client[] = [];
    for (;;) {
      const client = await openClient(t, proxy.port);
      client.socket.write(connect);
      await until(() => client.received().includes('\r\n\r\n'));
      if (client.received().includes('error=proxy_internal_response')) break;
      assert.match(client.received(), /^HTTP\/1.1 200 /);
      tunnels.push(client);
    }
    // Every client that is served has a destination too: nobody gets connection_limit_reached.
    assert.ok(tunnels.length > 5, `${tunnels.length} tunnels`);
    const flood = Array.from({ length: 100 }, () => connectTo(t, proxy.port));
    await until(() => flood.filter(({ closed }) => closed).length > 80);
    for (const { socket, waitFor } of tunnels) {
      socket.write('still there?');
      await waitFor('still there?');
    }
    for (const socket of flood) socket.destroy();
    for (const { socket } of tunnels.slice(1)) socket.destroy();
    await until(() => proxy.lines.some((line) => line.includes('no longer turned away')));
    const client = await openClient(t, proxy.port);
    client.socket.write(connect);
    await client.waitFor('HTTP/1.1 200');
    assert.equal(proxy.lines.filter((line) => JSON.parse(line).level === 'warn').length, 1);
    assert.equal(proxy.child.exitCode, null);
  });

  test(`process, ${kind}: idle connections to destinations give way when their descriptors are needed`, async (t) => {
    const destination = await openDestination(t, answer('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'));
    const proxy = await startProxy(t, `ulimit -n ${descriptors};`, ['127.0.0.0/8'], options);
    const client = await openClient(t, proxy.port);
    const count = 60;
    for (let host = 1; host <= count; host += 1) {
      client.socket.write(`GET http://127.0.1.${host}:${destination.port}/ HTTP/1.1\r\nHost: x\r\n\r\n`);
      await until(() => client.received().split('\r\n\r\n').length === host + 1);
    }
    assert.equal(client.received().match(/HTTP\/1.1 200 OK/g)?.length, count);
  });

  test(`process, ${kind}: each log line is one line of JSON, whatever the client sends`, async (t) => {
    const proxy = await startProxy(t, '', ['*'], options);
    for (const target of ['http://a\\"b/', `http://${'x'.repeat(5_000)}/`, 'http://a%0a%22/', 'http://evil\'"{}/']) {
      const client = await openClient(t, proxy.port);
      client.socket.write(`GET ${target} HTTP/1.1\r\nHost: "\xff\r\nConnection: close\r\n\r\n`, 'latin1');
      await client.end();
    }
    await until(() => proxy.lines.length === 4);
    for (const line of proxy.lines) {
      assert.ok(line.length < 1_000);
      assert.equal(JSON.parse(line).status, 400);
    }
  });

  test(`process, ${kind}: curl gets pages, uploads, tunnels and reads denials through it`, async (t) => {
    const origin = createServer((request, response) => {
      let size = 0;
      request.on('data', (chunk) => {
        size += chunk.length;
      });
      request.on('end', () => response.end(`${request.method} ${request.url} ${size}`));
    });
    t.after(() => origin.close());
    await once(origin.listen(0, '127.0.0.2'), 'listening');
    const bound = origin.address();
    assert.ok(typeof bound === 'object' && bound !== null);
    const url = `http://127.0.0.2:${bound.port}`;
    const proxy = await startProxy(t, '', ['127.0.0.2'], options);
    const run = async (...args: string[]) => {
      const { stdout } = await curl('curl', ['-sS', '-m', '10', '--noproxy', '', '-x', `http://127.0.0.1:${proxy.port}`, ...args]);
      return stdout;
    };
    assert.equal(await run(`${url}/page?q`), 'GET /page?q 0');
    assert.equal(await run('-0', `${url}/old`), 'GET /old 0');
    assert.equal(await run('-p', `${url}/tunnel`), 'GET /tunnel 0');
    assert.equal(await run('--data-binary', 'x'.repeat(2_000), '-H', 'Expect: 100-continue', `${url}/up`), 'POST /up 2000');
    assert.equal(await run('-H', 'Transfer-Encoding: chunked', '-d', 'abc', `${url}/chunks`), 'POST /chunks 3');
    assert.equal(await run(`${url}/[1-3]`), 'GET /1 0GET /2 0GET /3 0');
    assert.match(await run('-I', `${url}/head`), /^HTTP\/1\.1 200 OK\r\n/);
    assert.equal(await run('http://192.0.2.1/'), '403 Forbidden\negress-router: no line of LIST allows it (address 192.0.2.1)\n');
    await assert.rejects(run('-p', 'http://192.0.2.1/'), /CONNECT tunnel failed, response 403|403 from proxy after CONNECT/);
  });
}

/** A socket to this port, connected or not. */
function connectTo(t: TestContext, port: number): Socket {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => {});
  t.after(() => socket.destroy());
  return socket.resume();
}
