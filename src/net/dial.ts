import { connect, type Socket } from 'node:net';
import { inBatch } from './batch.ts';
import { frugalReads } from './frugal-reads.ts';
import { ignoreErrors } from './ignore-errors.ts';
import type { IpAddress } from './ip-address.ts';

/**
 * Why a dial failed. `refused`: somebody answered no. `unreachable`: no route, or a filter said no. `timeout`: nobody answered.
 * `aborted`: the caller's signal. `exhausted`: this machine has no descriptor, port or memory left for it.
 */
export type DialFailure = 'refused' | 'unreachable' | 'timeout' | 'aborted' | 'exhausted';

/** A connection that was not made. */
export class DialError extends Error {
  override readonly name = 'DialError';
  readonly kind: DialFailure;

  constructor(kind: DialFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** Connects to an address; `dial` below is the live one. */
export type Dial = (address: IpAddress, port: number, options: DialOptions) => Promise<Socket>;

/** How long to try. */
export interface DialOptions {
  /** For the connection to be established, in milliseconds. */
  readonly timeout: number;
  readonly signal?: AbortSignal;
}

/**
 * Connects to a literal address, in the present batch: no name is ever looked up, and no local address bound (routing chooses it).
 * The socket is half-open capable, sends small writes at once, and is the caller's, who closes it and should listen for its errors; until
 * then a handler here keeps a reset from ending the process.
 * @throws DialError
 */
export const dial: Dial = async (address, port, options) => {
  await new Promise<void>(inBatch);
  return connectTo(address, port, options);
};

const connectTo: Dial = (address, port, { timeout, signal }) =>
  new Promise((resolve, reject) => {
    const place = `${address.text} port ${port}`;
    if (signal?.aborted) {
      reject(new DialError('aborted', `dial of ${place} was aborted`));
      return;
    }
    const socket = startConnecting(address, port);
    const settle = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    };
    const fail = (kind: DialFailure, message: string, options?: ErrorOptions) => {
      settle();
      socket.destroy();
      reject(new DialError(kind, message, options));
    };
    const abort = () => fail('aborted', `dial of ${place} was aborted`);
    const timer = setTimeout(() => fail('timeout', `${place} did not answer within ${Math.ceil(timeout)} ms`), timeout);
    signal?.addEventListener('abort', abort, { once: true });
    const onError = (error: NodeJS.ErrnoException) => fail(failureOf(error.code), `cannot reach ${place}: ${error.code}`, { cause: error });
    socket.on('error', onError);
    socket.once('connect', () => {
      settle();
      socket.off('error', onError);
      resolve(socket);
    });
  });

/** A function of its own, because what stays with the socket keeps everything alive that is in scope, and a dial has much that is over with it. */
function startConnecting(address: IpAddress, port: number): Socket {
  const socket: Socket = connect({
    host: address.text,
    port,
    allowHalfOpen: true,
    noDelay: true,
    autoSelectFamily: false,
    onread: frugalReads(() => socket),
  });
  ignoreErrors(socket);
  return socket;
}

/** By errno of connect(2); a filter's ICMP error arrives as EHOSTUNREACH, EACCES or ENETUNREACH. */
function failureOf(code: string | undefined): DialFailure {
  switch (code) {
    case 'ECONNREFUSED':
    case 'ECONNRESET':
      return 'refused';
    case 'ETIMEDOUT':
      return 'timeout';
    case 'EMFILE':
    case 'ENFILE':
    case 'ENOBUFS':
    case 'ENOMEM':
    case 'EADDRNOTAVAIL':
    case 'EAGAIN':
      return 'exhausted';
    default:
      return 'unreachable';
  }
}
