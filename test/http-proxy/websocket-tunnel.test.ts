import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { hasBacklog } from '../../src/net/batched-writes.ts';
import { forms } from './forms.ts';
import { heldBytes, mostHeld, startSending } from './held-bytes.ts';
import { openProxy, recordingDial } from './proxy.ts';
import { answer, type Destination, openClient, openDestination, until } from './sockets.ts';
import { accept, switching, upgrade } from './upgrade.ts';

for (const { family, host, name, rule } of forms.filter(({ method }) => method === 'GET')) {
  const authorityOf = ({ port }: Destination) => `${name}:${port}`;

  test(`WebSocket: 101 is relayed with its fields, then bytes flow both ways, what came early included (${family})`, async (t) => {
    const destination = await openDestination(t, answer(`${switching}first frame`));
    const proxy = await openProxy(t, { rules: [rule] });
    const client = await openClient(t, proxy.port, { host });
    client.socket.write(`${upgrade(authorityOf(destination))}early frame`);
    await client.waitFor('first frame');
    const head = client.received();
    assert.match(head, /^HTTP\/1\.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n/);
    assert.ok(head.includes(`Sec-WebSocket-Accept: ${accept}\r\n`));
    await until(() => destination.received().endsWith('early frame'));
    assert.match(
      destination.received(),
      /^GET \/chat HTTP\/1\.1\r\nHost: .*\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: /,
    );
    client.socket.end('bye');
    await until(() => destination.sockets[0]?.readableEnded === true);
    destination.sockets[0]?.end('bye too');
    assert.match(await client.end(), /bye too$/);
    const line = await proxy.waitForLine({ msg: 'tunnel', method: 'GET' });
    assert.deepEqual([line.status, line.bytesUp, line.bytesDown, line.reason], [101, 14, 18, 'ended']);
  });

  test(`WebSocket: bytes of the client are held until 101 (${family})`, async (t) => {
    const destination = await openDestination(t);
    const proxy = await openProxy(t, { rules: [rule] });
    const client = await openClient(t, proxy.port, { host });
    client.socket.write(`${upgrade(authorityOf(destination))}GET http://${authorityOf(destination)}/smuggled HTTP/1.1\r\nHost: x\r\n\r\n`);
    await until(() => destination.received().includes('\r\n\r\n'));
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.doesNotMatch(destination.received(), /smuggled/);
    destination.sockets[0]?.write(switching);
    await until(() => destination.received().includes('smuggled'));
  });

  test(`WebSocket: a client that finishes before 101 gets what the destination sends, which gets what the client had sent (${family})`, async (t) => {
    const destination = await openDestination(t);
    const proxy = await openProxy(t, { rules: [rule] });
    const client = await openClient(t, proxy.port, { host });
    client.socket.end(`${upgrade(authorityOf(destination))}early frame`);
    await until(() => destination.received().includes('\r\n\r\n'));
    await new Promise((resolve) => setTimeout(resolve, 50));
    const [upstream] = destination.sockets;
    assert.ok(upstream);
    upstream.once('end', () => upstream.end('late frame'));
    upstream.write(switching);
    assert.match(await client.end(), /\r\n\r\nlate frame$/);
    assert.ok(destination.received().endsWith('\r\n\r\nearly frame'));
  });

  test(`WebSocket: back-pressure holds the destination when the client does not read (${family})`, async (t) => {
    const destination = await openDestination(t, answer(switching));
    const proxy = await openProxy(t, { rules: [rule] });
    const client = await openClient(t, proxy.port, { host });
    client.socket.write(upgrade(authorityOf(destination)));
    await client.waitFor('101');
    client.socket.pause();
    const [upstream] = destination.sockets;
    assert.ok(upstream);
    const size = 64 * 1024 * 1024;
    const sender = startSending(upstream, size);
    const held = await heldBytes(sender, [proxy.port, destination.port]);
    assert.ok(held < mostHeld && sender.taken() < size, `${held} held of ${sender.taken()}`);
    client.socket.resume();
    await until(() => sender.taken() === size);
  });

  test(`WebSocket: what the client sent last arrives, although it and the destination have finished sending (${family})`, async (t) => {
    let received = 0;
    const destination = await openDestination(t, (socket) => {
      socket.removeAllListeners('data');
      socket.once('data', () => {
        socket.pause();
        socket.end(`${switching}bye`);
      });
    });
    const upstreams: Socket[] = [];
    const proxy = await openProxy(t, { rules: [rule], dial: recordingDial(upstreams) });
    const client = await openClient(t, proxy.port, { host });
    client.socket.write(upgrade(authorityOf(destination)));
    await client.waitFor('bye');
    const [upstream] = upstreams;
    assert.ok(upstream);
    let sent = 0;
    for (; !hasBacklog(upstream) && sent < 50_000_000; sent += 16_384) {
      client.socket.write(Buffer.alloc(16_384));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    client.socket.end();
    await until(() => client.socket.closed);
    const [slow] = destination.sockets;
    assert.ok(slow);
    slow.on('data', (chunk) => {
      received += chunk.length;
    });
    slow.resume();
    await until(() => slow.readableEnded);
    assert.equal(received, sent);
  });

  test(`WebSocket: one without a byte for the idle timeout is closed, and logged (${family})`, async (t) => {
    const destination = await openDestination(t, answer(switching));
    const proxy = await openProxy(t, { rules: [rule], settings: { idleTimeout: 200 } });
    const client = await openClient(t, proxy.port, { host });
    client.socket.write(upgrade(authorityOf(destination)));
    assert.match(await client.end(), /^HTTP\/1\.1 101 /);
    await proxy.waitForLine({ msg: 'tunnel', status: 101, reason: 'idle' });
    await until(() => destination.sockets[0]?.readableEnded === true);
  });
}
