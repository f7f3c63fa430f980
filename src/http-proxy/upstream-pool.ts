import { Slots } from '../net/slots.ts';
import type { AllowedAddress } from './decide.ts';
import type { DialAllowed } from './dial-allowed.ts';
import { UpstreamConnection } from './upstream-connection.ts';

/** Connections to judged addresses, kept for the next request to the same address and port while they last. */
export class UpstreamPool {
  readonly #dial: DialAllowed;
  readonly #responseTimeout: number;
  /** By address and port; the one that was used last is the last. */
  readonly #idle = new Map<string, UpstreamConnection[]>();
  readonly #open = new Slots<UpstreamConnection>();

  /** @param responseTimeout without a byte of the response, in milliseconds */
  constructor(dial: DialAllowed, responseTimeout: number) {
    this.#dial = dial;
    this.#responseTimeout = responseTimeout;
  }

  /** An idle connection to one of the addresses. The caller gives it back, or destroys its socket. */
  take(addresses: readonly AllowedAddress[], port: number): UpstreamConnection | undefined {
    for (const allowed of addresses) {
      const idle = this.#idle.get(key(allowed, port));
      // The last one that was used is the least likely to be closed by now.
      for (let upstream = idle?.pop(); upstream !== undefined; upstream = idle?.pop()) {
        if (upstream.keep === undefined) continue;
        upstream.allowed = allowed;
        upstream.reused = true;
        return upstream;
      }
    }
    return undefined;
  }

  /**
   * A new connection. The caller gives it back, or destroys its socket.
   * @throws DialError
   */
  async dial(addresses: readonly [AllowedAddress, ...AllowedAddress[]], port: number, signal: AbortSignal): Promise<UpstreamConnection> {
    const { socket, allowed } = await this.#dial(addresses, port, signal);
    const upstream = new UpstreamConnection(socket, allowed, port, this.#responseTimeout);
    const slot = this.#open.add(upstream);
    socket.on('close', () => {
      this.#open.remove(slot);
      this.#forget(upstream);
    });
    return upstream;
  }

  /** Keeps a connection whose last response was whole for as long as the destination allows. */
  give(upstream: UpstreamConnection): void {
    const { keep } = upstream;
    if (keep === undefined) {
      upstream.socket.destroy();
      return;
    }
    upstream.socket.setTimeout(keep);
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
    for (const { socket } of this.#open.values()) socket.destroy();
  }

  #forget(upstream: UpstreamConnection): void {
    const place = key(upstream.allowed, upstream.port);
    const left = this.#idle.get(place)?.filter((each) => each !== upstream) ?? [];
    if (left.length > 0) this.#idle.set(place, left);
    else this.#idle.delete(place);
  }
}

function key({ address }: AllowedAddress, port: number): string {
  return `${address.text} ${port}`;
}
