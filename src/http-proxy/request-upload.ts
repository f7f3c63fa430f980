import type { BodySink } from '../http/body-sink.ts';
import { addData } from './add-data.ts';
import type { ClientRequest } from './client-request.ts';
import type { UpstreamConnection } from './upstream-connection.ts';

/** Where the body of a request goes, and who is told about it. */
export interface UploadOptions {
  readonly request: ClientRequest;
  readonly upstream: UpstreamConnection;
  readonly chunked: boolean;
  readonly onBytes: (count: number) => void;
  /** The body is not whole. */
  readonly onError: (error: Error) => void;
}

/** Sends the body of a request to an upstream, under back-pressure. Trailers are dropped. */
export class RequestUpload implements BodySink {
  readonly #options: UploadOptions;

  constructor(options: UploadOptions) {
    this.#options = options;
  }

  onData(data: Buffer): void {
    const { upstream, chunked, onBytes } = this.#options;
    onBytes(data.length);
    addData(upstream.writes, data, chunked);
  }

  onRead(): boolean {
    const { request, upstream } = this.#options;
    if (!upstream.writes.flush()) {
      request.pause();
      upstream.socket.once('drain', () => request.resume());
    }
    return upstream.socket.writableLength === 0;
  }

  onEnd(): void {
    if (this.#options.chunked) this.#options.upstream.writes.add('0\r\n\r\n');
  }

  onError(error: Error): void {
    this.#options.onError(error);
  }
}
