import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/** Nearly every read has none. */
const none: ReadonlySet<string> = new Set();

/** Requests that were not of HTTP, of all connections. */
const foreign = new WeakSet<IncomingMessage>();

/**
 * Finds request lines of RTSP and ICE in what a client sends. Node's parser takes them for HTTP, its events do not tell, and there is no
 * option for it. Bodies are seen too, and a line may stand right behind one, so what counts is the target, and only when it is that of a
 * request which the parser reports.
 */
export class RequestLineTap {
  readonly #socket: Socket;
  readonly #headerSize: number;
  /** Targets of foreign lines that ended in the read which the parser has now. */
  #targets: ReadonlySet<string> = none;
  /** Those of the reads before, since the head being parsed may have begun; the latest, as many as a head may hold. */
  #earlier: Set<string> | undefined;
  #earlierSize = 0;
  /** A line that has not ended yet. */
  #rest = '';
  #reported = false;

  /**
   * Must come after the parser has been attached: an HTTP server reads past JavaScript until somebody listens to `data`.
   * @param headerSize bytes that the parser takes for one head
   */
  constructor(socket: Socket, headerSize: number) {
    this.#socket = socket;
    this.#headerSize = headerSize;
    // Before the parser, whose events follow at once.
    socket.prependListener('data', this.#look);
  }

  /** Takes note of a request; must be called in the event by which the parser reports it. */
  report(request: IncomingMessage): void {
    const target = request.url ?? '';
    if (this.#targets.has(target) || this.#earlier?.has(target) === true) foreign.add(request);
    this.#reported = true;
  }

  /** Whether this request, which has been reported, was not one of HTTP. */
  isForeign(request: IncomingMessage): boolean {
    return foreign.has(request);
  }

  /** For when the connection becomes a tunnel. */
  stop(): void {
    this.#socket.off('data', this.#look);
    this.#rest = '';
    this.#earlier = undefined;
  }

  readonly #look = (chunk: Buffer) => {
    this.#keepEarlier();
    this.#targets = none;
    this.#reported = false;
    const end = chunk.lastIndexOf('\n') + 1;
    if (end > 0) {
      const first = chunk.indexOf('\n') + 1;
      this.#collect(this.#rest + chunk.toString('latin1', 0, first));
      if (hasForeignName(chunk)) this.#collect(chunk.toString('latin1', first, end));
      this.#rest = '';
    }
    this.#rest += chunk.toString('latin1', end);
    // Most of it is the middle of a body. The parser takes any number of spaces.
    // A target, which is shorter than a head, and what stands around it, with one space between them.
    const maxLine = this.#headerSize + 16;
    if (this.#rest.length > 2 * maxLine) this.#rest = this.#rest.replace(/ +/g, ' ').slice(-maxLine);
  };

  #keepEarlier(): void {
    // The next head begins in the read that ended the last one, or later.
    if (this.#reported) {
      this.#earlier = undefined;
      this.#earlierSize = 0;
    }
    if (this.#targets.size === 0) return;
    this.#earlier ??= new Set();
    for (const target of this.#targets) {
      if (!this.#earlier.delete(target)) this.#earlierSize += target.length;
      this.#earlier.add(target);
    }
    for (const target of this.#earlier) {
      if (this.#earlierSize <= this.#headerSize) break;
      this.#earlier.delete(target);
      this.#earlierSize -= target.length;
    }
  }

  #collect(lines: string): void {
    if (!hasForeignName(lines)) return;
    // One space in front: a pattern that may begin anywhere in a run takes time that grows with its square.
    const found = [...lines.matchAll(/ ([^ \r\n]+) +(?:RTSP|ICE)\/\d/g)].map(([, target = '']) => target);
    this.#targets = new Set([...this.#targets, ...found]);
  }
}

function hasForeignName(bytes: Buffer | string): boolean {
  return bytes.includes(' RTSP/') || bytes.includes(' ICE/');
}
