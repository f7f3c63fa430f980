import { ChunkedReader } from './chunked-reader.ts';
import { type Fields, valuesOf } from './fields.ts';

/** How a body is framed (RFC 9112 6.3): in chunks, by its length in bytes, or up to the end of its connection. */
export type Framing = 'chunked' | 'undelimited' | number;

/** Reads a body that comes in pieces. */
export interface BodyReader {
  /**
   * Reads on, up to the end of the body.
   * @param onData given the data, piece by piece; never empty
   * @returns how many of the bytes are of the body
   * @throws HttpError
   */
  read(bytes: Buffer, onData: (data: Buffer) => void): number;
  /** All of it has been read. Never so where it ends with the connection. */
  readonly ended: boolean;
  /** Fields behind it. Complete once it has ended. */
  readonly trailers: Fields;
}

/** The framing of a message in whose head nothing has been found wrong, but for what depends on method and status. */
export function framingOf(fields: Fields): Framing {
  if (valuesOf(fields, 'transfer-encoding').length > 0) return 'chunked';
  const [length] = valuesOf(fields, 'content-length');
  return length === undefined ? 'undelimited' : Number(length);
}

/** A reader for one body. */
export function openBodyReader(framing: Framing): BodyReader {
  if (framing === 'chunked') return new ChunkedReader();
  return new CountingReader(framing === 'undelimited' ? Number.POSITIVE_INFINITY : framing);
}

class CountingReader implements BodyReader {
  readonly trailers: Fields = [];
  #left: number;

  constructor(length: number) {
    this.#left = length;
  }

  get ended(): boolean {
    return this.#left === 0;
  }

  read(bytes: Buffer, onData: (data: Buffer) => void): number {
    const count = Math.min(bytes.length, this.#left);
    if (count === 0) return 0;
    this.#left -= count;
    onData(count === bytes.length ? bytes : bytes.subarray(0, count));
    return count;
  }
}
