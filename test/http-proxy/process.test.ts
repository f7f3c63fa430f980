import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Client, openClient, openDestination, until } from './sockets.ts';

const program = fileURLToPath(new URL('programs/proxy.ts', import.meta.url));

/** Starts a proxy in a process of its own. `prefix` is a shell command before it, such as a limit. */
async function startProxy(t: TestContext, prefix: string, ...rules: string[]) {
  const child: ChildProcess = spawn('sh', ['-c', `${prefix} exec "$@"`, 'sh', process.execPath, program, ...rules], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  assert.ok(child.stdout);
  const port = Promise.withResolvers<number>();
  const lines: string[] = [];
  createInterface(child.stdout).on('line', (line) => {
    const found = /^port (\d+)$/.exec(line)?.[1];
    if (found === undefined) lines.push(line);
    else port.resolve(Number(found));
  });
  child.once('exit', () => port.reject(new Error('the proxy ended')));
  return { child, lines, port: await port.promise };
}

test('process: when descriptors run out, open tunnels go on, and clients are accepted again when there are some', async (t) => {
  const destination = await openDestination(t, (socket) => socket.on('data', (chunk) => socket.write(chunk)));
  const proxy = await startProxy(t, 'ulimit -n 60;', '127.0.0.2');
  const tunnel = await openClient(t, proxy.port);
  tunnel.socket.write(`CONNECT ${destination.authority} HTTP/1.1\r\nHost: x\r\n\r\n`);
  await tunnel.waitFor('200 Connection established');
  const crowd: Socket[] = [];
  for (let count = 0; count < 100; count += 1) {
    const socket = connect({ port: proxy.port, host: '127.0.0.1' });
    socket.on('error', () => {});
    crowd.push(socket);
  }
  // Those that are too many are closed at once.
  await until(() => crowd.some(({ closed }) => closed));
  tunnel.socket.write('still there?');
  await tunnel.waitFor('still there?');
  for (const socket of crowd) socket.destroy();
  for (;;) {
    const client = await openClient(t, proxy.port);
    client.socket.write('GET http://192.0.2.1/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    if ((await client.end()).includes('HTTP/1.1 403')) break;
  }
  tunnel.socket.write('and now?');
  await tunnel.waitFor('and now?');
  assert.equal(proxy.child.exitCode, null);
});

test('process: when descriptors run out for a dial, its client gets 503', async (t) => {
  const destination = await openDestination(t);
  const proxy = await startProxy(t, 'ulimit -n 60;', '127.0.0.2');
  const clients: Client[] = [];
  for (let count = 0; count < 60; count += 1) {
    const client = await openClient(t, proxy.port);
    client.socket.write(`GET http://${destination.authority}/ HTTP/1.1\r\nHost: x\r\n\r\n`);
    clients.push(client);
  }
  await until(() => clients.some((client) => client.received().includes('error=connection_limit_reached')));
  assert.equal(proxy.child.exitCode, null);
});

test('process: each log line is one line of JSON, whatever the client sends', async (t) => {
  const proxy = await startProxy(t, '', '*');
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

const curl = promisify(execFile);

test('process: curl gets pages, uploads, tunnels and reads denials through it', async (t) => {
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
  const proxy = await startProxy(t, '', '127.0.0.2');
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
  assert.equal(await run('http://192.0.2.1/'), '403 Forbidden\negress-router: no rule allows it (address 192.0.2.1)\n');
  await assert.rejects(run('-p', 'http://192.0.2.1/'), /CONNECT tunnel failed, response 403|403 from proxy after CONNECT/);
});
