import { HttpError } from './http-error.ts';

const emptyLine = Buffer.from('\r\n\r\n');

// What no head has anywhere: controls, CR without LF, LF without CR.
// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what it finds
const hopeless = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r[^\n]|[^\r]\n/;

/** First bytes of TLS records, alert and handshake (RFC 8446 5.1): what one gets from a peer who takes this for TLS. No head begins so. */
const tlsRecords: readonly (number | undefined)[] = [0x15, 0x16];

/** A head that was found: its text, without the empty line at its end, and the index of what comes behind. */
export interface FoundHead {
  readonly text: string;
  readonly end: number;
}

/** A head that is longer than it may be. */
export class LongHeadError extends HttpError {
  override readonly name = 'LongHeadError';
}

/** Finds the ends of heads in bytes that come in pieces; one for each direction of a connection. */
export class HeadReader {
  readonly #limit: number;
  /** Bytes in which the head has not ended. */
  #seen = 0;

  /** @param limit bytes of a head, its empty line included */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Looks for a head at the start of the bytes: all that have come since the end of the last message. undefined = it has not ended yet. What
   * cannot become a head is refused at once, since nothing more may come.
   * @throws HttpError, LongHeadError
   */
  find(bytes: Buffer): FoundHead | undefined {
    if (tlsRecords.includes(bytes[0])) throw new HttpError('this is TLS where plain HTTP is spoken');
    const at = bytes.indexOf(emptyLine, Math.max(0, this.#seen - 3));
    const size = at === -1 ? bytes.length : at + emptyLine.length;
    if (size > this.#limit) throw new LongHeadError(`the head is longer than ${this.#limit} bytes`);
    if (at === -1) {
      this.#refuseHopeless(bytes);
      this.#seen = bytes.length;
      return undefined;
    }
    this.#seen = 0;
    return { text: bytes.toString('latin1', 0, at), end: size };
  }

  #refuseHopeless(bytes: Buffer): void {
    // With the last byte that has been looked at, which may be half of a CRLF. In front of the first there is none.
    const news = this.#seen === 0 ? ` ${bytes.toString('latin1')}` : bytes.toString('latin1', this.#seen - 1);
    if (hopeless.test(news)) throw new HttpError('the head has a control character, or a CR or LF that stands alone');
  }
}
