import type { Socket } from 'node:net';
import { Client, errors } from 'undici';
import { formatUrlHost } from '../net/ip-address.ts';
import type { AllowedAddress } from './decide.ts';
import type { DialAllowed } from './dial-allowed.ts';
import { maxHeadSize } from './limits.ts';
import { type StatusLine, watchStatusLines } from './undici-parser.ts';

/** A connection to a destination, for one request at a time. The pool alone changes it. */
export interface Upstream {
  readonly client: Client;
  readonly socket: Socket;
  readonly port: number;
  /** The address, and the rule that allowed it to the request being served. */
  allowed: AllowedAddress;
  /** It has served a request before, so the destination may have closed it meanwhile. */
  reused: boolean;
  /** The socket had an error: what was received may not be all. */
  broken: boolean;
  /** That of the response being received; of an informational one too. */
  statusLine: StatusLine;
}

/** The connection turned out to be closed when it was to be used. */
class StaleConnectionError extends Error {
  override readonly name = 'StaleConnectionError';
}

/** Whether the error is that of a request which had not begun when its connection closed: it is whole, and may be sent again. */
export function isStale(error: unknown): boolean {
  return error instanceof StaleConnectionError || error instanceof errors.ClientDestroyedError;
}

/** Connections to judged addresses, kept for the next request to the same address and port while they last (undici's 4 s idle, or less where the destination says so). */
export class UpstreamPool {
  readonly #dial: DialAllowed;
  readonly #responseTimeout: number;
  readonly #idle = new Map<string, Upstream[]>();
  readonly #open = new Set<Upstream>();

  /** @param responseTimeout without a byte of the response, in milliseconds */
  constructor(dial: DialAllowed, responseTimeout: number) {
    this.#dial = dial;
    this.#responseTimeout = responseTimeout;
  }

  /**
   * An idle connection to one of the addresses, or a new one. The caller gives it back, or destroys its socket.
   * @throws DialError
   */
  async take(addresses: readonly [AllowedAddress, ...AllowedAddress[]], port: number, signal: AbortSignal): Promise<Upstream> {
    for (const allowed of addresses) {
      // The last one that was used is the least likely to be closed by now.
      const upstream = this.#idle.get(key(allowed, port))?.pop();
      if (upstream !== undefined) {
        upstream.allowed = allowed;
        upstream.reused = true;
        return upstream;
      }
    }
    return this.dial(addresses, port, signal);
  }

  /**
   * A new connection. The caller gives it back, or destroys its socket.
   * @throws DialError
   */
  async dial(addresses: readonly [AllowedAddress, ...AllowedAddress[]], port: number, signal: AbortSignal): Promise<Upstream> {
    const { socket, allowed } = await this.#dial(addresses, port, signal);
    let taken = false;
    const client = new Client(`http://${formatUrlHost(allowed.address)}:${port}`, {
      // undici would connect again; where to is decided by us, each time.
      connect: (_options, callback) => {
        const stale = taken || socket.destroyed;
        taken = true;
        // Later, as every real connect is: undici is not ready for it yet.
        queueMicrotask(() => {
          if (stale) callback(new StaleConnectionError('the destination closed the connection'), null);
          else callback(null, socket);
        });
      },
      headersTimeout: this.#responseTimeout,
      bodyTimeout: this.#responseTimeout,
      maxHeaderSize: maxHeadSize,
    });
    const upstream: Upstream = { client, socket, allowed, port, reused: false, broken: false, statusLine: { status: 0, version: '' } };
    this.#open.add(upstream);
    client.once('connect', () => {
      watchStatusLines(socket, (line) => {
        upstream.statusLine = line;
      });
    });
    socket.on('error', () => {
      upstream.broken = true;
    });
    socket.once('close', () => {
      this.#open.delete(upstream);
      this.#forget(upstream);
      void client.destroy();
    });
    return upstream;
  }

  /** Keeps a connection whose last response has ended cleanly, unless that was to be its last. */
  give(upstream: Upstream): void {
    if (upstream.socket.destroyed) return;
    const place = key(upstream.allowed, upstream.port);
    const idle = this.#idle.get(place);
    if (idle === undefined) this.#idle.set(place, [upstream]);
    else idle.push(upstream);
  }

  /** Closes the connections that are not in use. */
  closeIdle(): void {
    for (const { socket } of [...this.#idle.values()].flat()) socket.destroy();
    this.#idle.clear();
  }

  /** Closes every connection, also those in use. */
  close(): void {
    for (const { socket } of this.#open) socket.destroy();
  }

  #forget(upstream: Upstream): void {
    const place = key(upstream.allowed, upstream.port);
    const left = this.#idle.get(place)?.filter((each) => each !== upstream) ?? [];
    if (left.length > 0) this.#idle.set(place, left);
    else this.#idle.delete(place);
  }
}

function key({ address }: AllowedAddress, port: number): string {
  return `${address.text} ${port}`;
}
