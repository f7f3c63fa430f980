import { connect } from 'node:net';

/** How a client's connection went. */
export interface Exchange {
  readonly received: string;
  /** `ended`: the proxy finished in an orderly way. `reset`: it broke off. `left`: the client did. `waiting`: nothing happened for long. */
  readonly end: 'ended' | 'reset' | 'left' | 'waiting';
}

/** What a client does. */
export interface ClientScript {
  /** Written one after the other (latin1), each in a packet of its own where the kernel sees it so. */
  readonly pieces: readonly string[];
  /** What it does when it has sent all: finishes sending and waits, or breaks off. */
  readonly last: 'ends' | 'resets';
}

/** How long a client waits for its connection to end, in milliseconds: for so long that a busy machine is no finding. */
const patience = 20_000;

/** Plays a client against 127.0.0.1. Never rejects; its socket is closed when this settles. */
export function playClient(port: number, { pieces, last }: ClientScript): Promise<Exchange> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    let received = '';
    let end: Exchange['end'] = 'ended';
    const timer = setTimeout(() => {
      end = 'waiting';
      socket.destroy();
    }, patience);
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
    });
    socket.once('error', () => {
      end = 'reset';
    });
    socket.once('close', () => {
      clearTimeout(timer);
      resolve({ received, end });
    });
    socket.once('connect', async () => {
      for (const piece of pieces) {
        if (socket.destroyed || !socket.writable) return;
        await new Promise((written) => socket.write(piece, 'latin1', written));
        await new Promise((next) => setImmediate(next));
      }
      if (last === 'ends') {
        socket.end();
        return;
      }
      end = 'left';
      socket.resetAndDestroy();
    });
  });
}
