import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, type OutgoingMessage, request, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openProxy, recordingDial } from './proxy.ts';
import { until } from './sockets.ts';

/** A body, how it is framed, and whether its reader rests before he begins. */
interface BodyPlan {
  readonly seed: number;
  readonly size: number;
  readonly chunked: boolean;
  readonly slow: boolean;
}

/** As many bytes as no other body has in this order. */
function bytesOf({ seed, size }: BodyPlan): Buffer {
  const bytes = Buffer.alloc(size);
  for (let at = 0; at + 4 <= size; at += 4) bytes.writeUInt32LE((Math.imul(at + 1, 2654435761) ^ Math.imul(seed + 1, 40503)) >>> 0, at);
  return bytes;
}

/** Writes a body in pieces of odd sizes, as fast as it is taken. */
async function send(message: OutgoingMessage, plan: BodyPlan): Promise<void> {
  const bytes = bytesOf(plan);
  for (let at = 0, piece = 1; at < bytes.length; at += piece, piece = (piece * 7 + plan.seed) % 200_000) {
    if (!message.write(bytes.subarray(at, at + piece))) await once(message, 'drain');
  }
  message.end();
}

async function receive(message: IncomingMessage, slow: boolean): Promise<string> {
  const hash = createHash('sha256');
  // Long enough for everything on the way to be full.
  if (slow) await sleep(300);
  for await (const piece of message) hash.update(piece);
  return hash.digest('hex');
}

const digestOf = (plan: BodyPlan) => createHash('sha256').update(bytesOf(plan)).digest('hex');

/** Answers each request with the digest of its body in a field, and with the body that it asks for. */
async function openOrigin(t: TestContext): Promise<number> {
  const server = createServer(async (incoming: IncomingMessage, response: ServerResponse) => {
    const down: BodyPlan = JSON.parse(decodeURIComponent(incoming.url?.slice(1) ?? ''));
    response.setHeader('X-Received', await receive(incoming, down.slow));
    if (!down.chunked) response.setHeader('Content-Length', down.size);
    await send(response, down);
  }).listen(0, '127.0.0.2');
  t.after(() => server.close());
  t.after(() => server.closeAllConnections());
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  return address.port;
}

const sizes = [1, 900, 5_000, 20_000, 70_000, 300_000, 16_000_000];

test('forward: many bodies at once, up and down, large and small, to fast and slow readers, each arrive as they were sent', {
  timeout: 120_000,
}, async (t) => {
  const origin = await openOrigin(t);
  const proxy = await openProxy(t, { rules: ['127.0.0.2'] });
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  t.after(() => agent.destroy());
  const exchange = async (number: number) => {
    const plan = (seed: number, size: number): BodyPlan => ({ seed, size, chunked: seed % 3 === 0, slow: seed % 5 === 0 });
    const up = plan(2 * number, sizes[number % sizes.length] ?? 0);
    const down = plan(2 * number + 1, sizes[(number * 3 + 1) % sizes.length] ?? 0);
    const path = `http://127.0.0.2:${origin}/${encodeURIComponent(JSON.stringify(down))}`;
    const headers = up.chunked ? {} : { 'Content-Length': up.size };
    const sent = request({ host: '127.0.0.1', port: proxy.port, method: 'POST', path, headers, agent });
    const [[response]] = await Promise.all([once(sent, 'response'), send(sent, up)]);
    assert.equal(response.headers['x-received'], digestOf(up));
    assert.equal(await receive(response, up.slow), digestOf(down));
  };
  await Promise.all(Array.from({ length: 84 }, (_, number) => exchange(number)));
});

test('forward: what a body was read into serves the next read, once it has left', async (t) => {
  const origin = await openOrigin(t);
  const sockets: Socket[] = [];
  const proxy = await openProxy(t, { rules: ['127.0.0.2'], dial: recordingDial(sockets) });
  const down: BodyPlan = { seed: 1, size: 30_000_000, chunked: false, slow: false };
  const path = `http://127.0.0.2:${origin}/${encodeURIComponent(JSON.stringify(down))}`;
  const sent = request({ host: '127.0.0.1', port: proxy.port, path }).end();
  const answered = once(sent, 'response');
  const buffers = new Set<ArrayBufferLike>();
  let reads = 0;
  await until(() => sockets.length > 0);
  sockets[0]?.on('data', (chunk: Buffer) => {
    reads += 1;
    buffers.add(chunk.buffer);
  });
  const [response] = await answered;
  assert.equal(await receive(response, false), digestOf(down));
  assert.ok(buffers.size < reads / 2, `${buffers.size} buffers for ${reads} reads`);
});
