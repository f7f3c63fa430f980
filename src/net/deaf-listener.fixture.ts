import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** For tests: a port on loopback whose connections are never made. */
export interface DeafListener {
  readonly port: number;
  close(): void;
}

/**
 * A process that listens and never accepts, with its queue full: the kernel drops every further SYN, so whoever dials gets no answer
 * at all, as from a host behind a filter that drops. Linux queues one connection more than the backlog.
 */
export async function openDeafListener(host: '127.0.0.1' | '::1' = '127.0.0.1'): Promise<DeafListener> {
  const program = `
    const server = require('node:net').createServer().listen({ port: 0, host: '${host}', backlog: 1 }, () => {
      require('node:fs').writeSync(1, String(server.address().port));
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    });`;
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [text] = await once(child.stdout, 'data');
  const port = Number(String(text));
  const queued: Socket[] = [];
  for (let count = 0; count < 2; count += 1) {
    const socket = connect({ port, host });
    socket.on('error', () => {});
    queued.push(socket);
    await once(socket, 'connect');
  }
  return {
    port,
    close() {
      for (const socket of queued) socket.destroy();
      child.kill('SIGKILL');
    },
  };
}
