import { type BodyReader, framingOf, openBodyReader } from '../http/body-reader.ts';
import type { BodySink } from '../http/body-sink.ts';
import { valuesOf } from '../http/fields.ts';
import { HeadReader } from '../http/head-reader.ts';
import { HttpError } from '../http/http-error.ts';
import { findResponseHeadFault, isBodiless, isPersistent, parseResponseHead, type ResponseHead } from '../http/response-head.ts';
import { Received } from '../net/received.ts';
import { Failure } from './failure.ts';

/** Bytes of a response head, and of all informational responses to a request. */
export const maxResponseHead = 64 * 1024;

/** For how long a connection is kept for another request, unless the destination names a shorter time. In milliseconds. */
const keepTimeout = 4_000;

/** Takes the response to a request, and its body. `onError` is told instead of anything that is missing. */
export interface ResponseSink extends BodySink {
  /** Informational responses first, then the one that has a body, be it empty. */
  onHead(head: ResponseHead): void;
  /** 101, with what came behind it. The connection is the sink's from now on, and not read any more. */
  onSwitch(head: ResponseHead, behind: Buffer): void;
}

/** The connection was closed before a byte of the response had come. */
export class ClosedEarlyError extends Error {
  override readonly name = 'ClosedEarlyError';
}

/** Reads the responses of a connection, one for each request. */
export class ResponseReader {
  readonly #onSwitch: () => void;
  readonly #heads = new HeadReader(maxResponseHead);
  readonly #received = new Received();
  #sink: ResponseSink | undefined;
  #method = '';
  #body: BodyReader | undefined;
  #delimited = true;
  #keep: number | undefined;
  /** Nothing of the response has come. */
  #silent = true;

  /** @param onSwitch called before the sink learns of 101: nothing is to be read here any more */
  constructor(onSwitch: () => void) {
    this.#onSwitch = onSwitch;
  }

  /** Expects the response to a request that is about to be sent. */
  expect(method: string, sink: ResponseSink): void {
    this.#method = method;
    this.#sink = sink;
    this.#keep = undefined;
    this.#silent = true;
  }

  /** A response is expected, or has not ended. */
  get expecting(): boolean {
    return this.#sink !== undefined;
  }

  /** For how long the destination lets the connection wait for another request, in milliseconds; undefined = not at all. */
  get keep(): number | undefined {
    return this.#sink === undefined && this.#received.bytes.length === 0 ? this.#keep : undefined;
  }

  /**
   * Reads on, while a response is expected.
   * @throws HttpError, Failure
   */
  read(chunk: Buffer): void {
    const sink = this.#sink;
    if (sink === undefined) return;
    this.#silent = false;
    const received = this.#received;
    received.add(chunk);
    while (received.bytes.length > 0 && this.#sink !== undefined) {
      if (this.#body !== undefined) received.take(this.#body.read(received.bytes, (data) => sink.onData(data)));
      else if (!this.#takeHead(sink)) break;
      if (this.#body?.ended) this.#finish(sink);
    }
    received.letGo(!sink.onRead());
  }

  /** The destination has finished sending, which is the end of a body that has no other. */
  end(): void {
    const sink = this.#sink;
    if (sink === undefined || this.#body === undefined || this.#delimited) return;
    this.#finish(sink);
    sink.onRead();
  }

  /** Tells the sink that the response is not whole, if one is expected. Returns whether one was. */
  fail(error: Error): boolean {
    const sink = this.#sink;
    if (sink === undefined) return false;
    const isEarly = this.#silent && !(error instanceof Failure);
    this.#sink = undefined;
    this.#body = undefined;
    sink.onError(isEarly ? new ClosedEarlyError(error.message, { cause: error }) : error);
    return true;
  }

  /** Returns false when there is no whole head yet. */
  #takeHead(sink: ResponseSink): boolean {
    const { bytes } = this.#received;
    const found = this.#heads.find(bytes);
    if (found === undefined) {
      refuseOther(bytes);
      return false;
    }
    this.#received.take(found.end);
    const head = parseResponseHead(found.text);
    const fault = findResponseHeadFault(head);
    if (fault !== undefined) throw new Failure('bad-response', fault);
    if (head.status === 101) {
      this.#sink = undefined;
      this.#onSwitch();
      sink.onSwitch(head, this.#received.takeAll());
      return true;
    }
    sink.onHead(head);
    if (head.status < 200) return true;
    const announced = framingOf(head.fields);
    const bodiless = isBodiless(this.#method, head.status);
    this.#delimited = bodiless || announced !== 'undelimited';
    // Some servers send a body all the same after HEAD, or with a 204 that announces one: it would be the start of the next response.
    const isOver = this.#delimited && this.#method !== 'HEAD' && (!bodiless || announced === 0 || announced === 'undelimited');
    this.#keep = isOver && isPersistent(head) ? keepOf(head) : undefined;
    this.#body = openBodyReader(bodiless ? 0 : announced);
    return true;
  }

  #finish(sink: ResponseSink): void {
    const trailers = this.#body?.trailers ?? [];
    this.#body = undefined;
    this.#sink = undefined;
    sink.onEnd(trailers);
  }
}

/** Some protocols greet, and then wait: no head would ever end. */
function refuseOther(bytes: Buffer): void {
  if (!'HTTP/'.startsWith(bytes.toString('latin1', 0, 5))) throw new HttpError('it does not begin with a status line');
}

/** By the Keep-Alive field, of which a second is for the way. */
function keepOf({ fields }: ResponseHead): number | undefined {
  const [seconds] = valuesOf(fields, 'keep-alive').flatMap((value) => /timeout=(\d+)/i.exec(value)?.slice(1) ?? []);
  const keep = seconds === undefined ? keepTimeout : Math.min(keepTimeout, Number(seconds) * 1_000 - 1_000);
  return keep > 0 ? keep : undefined;
}
