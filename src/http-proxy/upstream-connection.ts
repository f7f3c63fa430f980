import type { Socket } from 'node:net';
import { GatheredWrites } from '../net/gathered-writes.ts';
import type { AllowedAddress } from './decide.ts';
import { Failure } from './failure.ts';
import { ResponseReader, type ResponseSink } from './response-reader.ts';

/** A connection to a destination, which carries one request at a time. Whoever has taken it gives it back to its pool, or destroys its socket. */
export class UpstreamConnection {
  readonly socket: Socket;
  readonly port: number;
  /** The address, and the rule that allowed it to the request being served. */
  allowed: AllowedAddress;
  /** It has served a request before, so the destination may be closing it just now. */
  reused = false;
  /** What is to be sent. */
  readonly writes: GatheredWrites;
  readonly #responseTimeout: number;
  readonly #responses = new ResponseReader(() => this.#release());

  /** @param responseTimeout without a byte of the response, in milliseconds */
  constructor(socket: Socket, allowed: AllowedAddress, port: number, responseTimeout: number) {
    this.socket = socket;
    this.allowed = allowed;
    this.port = port;
    this.writes = new GatheredWrites(socket);
    this.#responseTimeout = responseTimeout;
    socket.on('data', this.#onData);
    socket.on('end', this.#onEnd);
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('the connection was closed')));
    socket.on('timeout', this.#onTimeout);
  }

  /** Expects the response to a request that is about to be sent. */
  expect(method: string, sink: ResponseSink): void {
    this.#responses.expect(method, sink);
    this.socket.setTimeout(this.#responseTimeout);
  }

  /** For how long it may wait for another request, in milliseconds; undefined = not at all, as when bytes of the last one have not left. */
  get keep(): number | undefined {
    const { writable, writableLength, readableEnded } = this.socket;
    return writable && writableLength === 0 && !readableEnded ? this.#responses.keep : undefined;
  }

  readonly #onData = (chunk: Buffer) => {
    // Nobody has asked for anything.
    if (!this.#responses.expecting) {
      this.socket.destroy();
      return;
    }
    try {
      this.#responses.read(chunk);
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
    }
  };

  readonly #onEnd = () => {
    this.#responses.end();
    this.#fail(new Error('the destination closed the connection'));
    this.socket.destroy();
  };

  readonly #onTimeout = () => {
    // While the client does not read, the destination cannot send.
    if (this.#responses.expecting && this.socket.isPaused()) this.socket.setTimeout(this.#responseTimeout);
    else {
      this.#fail(new Failure('slow-response', 'the destination does not answer'));
      this.socket.destroy();
    }
  };

  #fail(error: Error): void {
    if (this.#responses.fail(error)) this.socket.destroy();
  }

  /** What comes from now on is for others. */
  #release(): void {
    this.socket.off('data', this.#onData);
    this.socket.off('end', this.#onEnd);
    this.socket.off('timeout', this.#onTimeout);
    this.socket.setTimeout(0);
    this.socket.pause();
  }
}
