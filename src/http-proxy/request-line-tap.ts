import type { Socket } from 'node:net';
import { maxHeadSize } from './limits.ts';

/** How many foreign request lines of one connection are remembered; a client that sends more is not one of HTTP. */
const maxLines = 8;

/**
 * Finds request lines of RTSP and ICE in what a client sends. Node's parser takes them for HTTP, its events do not tell, and there is no
 * option for it. Bodies are seen too, so a line counts only when it is that of a request which the parser reports.
 */
export class RequestLineTap {
  readonly #socket: Socket;
  readonly #lines = new Set<string>();
  /** The end of a line that has not ended yet. */
  #rest: Buffer = Buffer.alloc(0);

  /** Must come after the parser has been attached: an HTTP server reads past JavaScript until somebody listens to `data`. */
  constructor(socket: Socket) {
    this.#socket = socket;
    // Before the parser, whose events follow at once.
    socket.prependListener('data', this.#look);
  }

  /** Whether this request was not one of HTTP. */
  isForeign(method: string, target: string): boolean {
    return this.#lines.has(`${method} ${target}`) || this.#lines.size >= maxLines;
  }

  /** For when the connection becomes a tunnel. */
  stop(): void {
    this.#socket.off('data', this.#look);
    this.#rest = Buffer.alloc(0);
  }

  readonly #look = (chunk: Buffer) => {
    const end = chunk.lastIndexOf('\n') + 1;
    if (this.#rest.length > 0) {
      const first = chunk.indexOf('\n') + 1 || chunk.length;
      this.#rest = Buffer.concat([this.#rest, chunk.subarray(0, first)]);
      this.#collect(this.#rest);
    }
    this.#collect(chunk);
    if (end > 0) this.#rest = chunk.subarray(end);
    else if (this.#rest.length === 0) this.#rest = chunk;
    // Longer than any head may be: the middle of a body.
    if (this.#rest.length > maxHeadSize) this.#rest = Buffer.alloc(0);
  };

  #collect(bytes: Buffer): void {
    if (!bytes.includes(' RTSP/') && !bytes.includes(' ICE/')) return;
    for (const [, method, target] of bytes.toString('latin1').matchAll(/([A-Z-]+) +(\S+) +(?:RTSP|ICE)\/\d/g)) {
      if (this.#lines.size < maxLines) this.#lines.add(`${method} ${target}`);
    }
  }
}
