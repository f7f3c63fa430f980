import { FieldNames } from './field-names.ts';
import { type Fields, lineEnd, parseFields, token } from './fields.ts';
import { HttpError } from './http-error.ts';

/** Bytes of a line with a chunk's size and its extensions. */
const maxSizeLine = 4_096;
/** Bytes of all trailers. */
const maxTrailers = 64 * 1024;

const quoted = '"(?:[\\t \\x21\\x23-\\x5b\\x5d-\\x7e\\x80-\\xff]|\\\\[\\t \\x21-\\x7e\\x80-\\xff])*"';
const sizeLine = new RegExp(`^([0-9A-Fa-f]{1,16})(?:;${token}(?:=(?:${token}|${quoted}))?)*$`);

/** The start of a line that may yet become one of these. */
const hopeful = {
  size: /^(?:[0-9A-Fa-f]{1,16}(?:;[\t\x20-\x7e\x80-\xff]*)?)?\r?$/,
  'end of data': /^\r?$/,
  trailers: /^(?:[^\s:][^\r]*)?\r?$/,
};

/** A trailer that would frame the message is an attack (RFC 9110 6.5.1). */
const framing = new FieldNames(['content-length', 'transfer-encoding']);

/** Takes the chunked coding (RFC 9112 7.1) from a body that comes in pieces. Extensions are dropped. */
export class ChunkedReader {
  #expects: keyof typeof hopeful | 'data' | 'nothing' = 'size';
  /** Bytes of the chunk that are still to come. */
  #left = 0;
  /** A line that has not ended yet. */
  #rest = '';
  #trailerLines: string[] = [];
  #trailersSize = 0;
  #trailers: Fields = [];

  /** The last line has been read. */
  get ended(): boolean {
    return this.#expects === 'nothing';
  }

  /** Fields behind the last chunk. */
  get trailers(): Fields {
    return this.#trailers;
  }

  /** See BodyReader. */
  read(bytes: Buffer, onData: (data: Buffer) => void): number {
    let at = 0;
    while (at < bytes.length && this.#expects !== 'nothing') {
      if (this.#expects === 'data') {
        const end = Math.min(bytes.length, at + this.#left);
        onData(bytes.subarray(at, end));
        this.#left -= end - at;
        at = end;
        if (this.#left === 0) this.#expects = 'end of data';
      } else {
        at = this.#readLine(bytes, at, this.#expects);
      }
    }
    return at;
  }

  #readLine(bytes: Buffer, at: number, expected: keyof typeof hopeful): number {
    const lf = bytes.indexOf('\n', at);
    const end = lf === -1 ? bytes.length : lf + 1;
    const limit = expected === 'trailers' ? maxTrailers - this.#trailersSize : maxSizeLine;
    if (this.#rest.length + end - at > limit) throw new HttpError(`a line of the chunked body is longer than ${limit} bytes`);
    this.#rest += bytes.toString('latin1', at, end);
    if (lf === -1) {
      // What is wrong must not wait for the end of its line, which may never come.
      if (!hopeful[expected].test(this.#rest)) throw new HttpError('the chunked body is malformed');
      return end;
    }
    if (!this.#rest.endsWith('\r\n')) throw new HttpError('a line of the chunked body does not end with CRLF');
    const line = this.#rest.slice(0, -2);
    this.#rest = '';
    if (expected === 'size') this.#takeSize(line);
    else if (expected === 'trailers') this.#takeTrailer(line);
    else if (line === '') this.#expects = 'size';
    else throw new HttpError('a chunk is longer than its size');
    return end;
  }

  #takeSize(line: string): void {
    const size = Number.parseInt(sizeLine.exec(line)?.[1] ?? '', 16);
    if (!Number.isSafeInteger(size)) throw new HttpError('a chunk size is not one hexadecimal number');
    this.#left = size;
    this.#expects = size === 0 ? 'trailers' : 'data';
  }

  #takeTrailer(line: string): void {
    if (line !== '') {
      this.#trailersSize += line.length + 2;
      this.#trailerLines.push(line);
      return;
    }
    this.#trailers = this.#trailerLines.length === 0 ? [] : parseFields(this.#trailerLines.join(lineEnd));
    if (this.#trailers.some((name, index) => index % 2 === 0 && framing.has(name))) {
      throw new HttpError('a trailer says how long the body is');
    }
    this.#expects = 'nothing';
  }
}
