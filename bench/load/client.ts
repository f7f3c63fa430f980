import { connect, type Socket } from 'node:net';
import { AnswerError, AnswerReader, type ExpectedAnswer } from './answer-reader.ts';
import type { Endpoint, Pace, RequestLoad } from './order.ts';
import { type RequestBytes, tunnelOpened } from './request.ts';

/** What a client needs of the load that it is part of. */
export interface ClientPlan {
  readonly proxy: Endpoint;
  readonly connection: RequestLoad['connection'];
  /** undefined = reads at once whatever comes. */
  readonly pace?: Pace;
  readonly bytes: RequestBytes;
  readonly expected: ExpectedAnswer;
}

/** Every socket reads into it: what came has been looked at before the next one reads. */
const sharedBuffer = Buffer.allocUnsafe(256 * 1024);

/** One client: a connection at a time, a request at a time. Whoever makes it closes it. */
export class Client {
  readonly #plan: ClientPlan;
  readonly #onFault: (error: Error) => void;
  readonly #reader: AnswerReader;
  #socket: Socket | undefined;
  #opened: AnswerReader | undefined;
  #onAnswer: (() => void) | undefined;
  /** The answer is there, and the other side is to close. */
  #isLast = false;
  #closed = false;

  /** @param onFault an answer was wrong or did not come; the client is of no more use */
  constructor(plan: ClientPlan, onFault: (error: Error) => void) {
    this.#plan = plan;
    this.#onFault = onFault;
    this.#reader = new AnswerReader(plan.expected);
  }

  /** Sends the request and calls back after its answer, once the next request can be sent. One at a time. */
  send(onAnswer: () => void): void {
    this.#onAnswer = onAnswer;
    if (this.#socket === undefined) this.#open();
    else this.#socket.write(this.#plan.bytes.request);
  }

  close(): void {
    this.#closed = true;
    this.#socket?.destroy();
  }

  #open(): void {
    const { proxy, bytes, pace } = this.#plan;
    const buffer = pace === undefined ? sharedBuffer : Buffer.allocUnsafe(pace.bytes);
    this.#isLast = false;
    this.#opened = bytes.connect && new AnswerReader(tunnelOpened);
    const socket: Socket = connect({
      host: proxy.address,
      port: proxy.port,
      noDelay: true,
      onread: { buffer, callback: (count) => this.#read(socket, buffer.subarray(0, count)) },
    });
    this.#socket = socket;
    socket.write(bytes.connect ?? bytes.request);
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => {
      if (this.#closed) return;
      this.#socket = undefined;
      if (this.#isLast) this.#answered();
      else this.#fail(new AnswerError('the connection was closed before the answer was complete'));
    });
  }

  #read(socket: Socket, chunk: Buffer): boolean {
    try {
      if (this.#opened !== undefined) {
        if (!this.#opened.push(chunk)) return true;
        this.#opened = undefined;
        socket.write(this.#plan.bytes.request);
        return true;
      }
      if (this.#reader.push(chunk)) this.#complete();
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
    }
    const { pace } = this.#plan;
    if (pace === undefined) return true;
    setTimeout(() => socket.resume(), pace.wait);
    return false;
  }

  #complete(): void {
    if (this.#plan.connection === 'kept' && this.#reader.keepsConnection) this.#answered();
    // The side that closes first keeps the port for a minute, and it is not to be the one that needs a new one each time.
    else this.#isLast = true;
  }

  #answered(): void {
    const onAnswer = this.#onAnswer;
    this.#onAnswer = undefined;
    onAnswer?.();
  }

  #fail(error: Error): void {
    if (this.#closed) return;
    this.close();
    this.#onFault(error);
  }
}
