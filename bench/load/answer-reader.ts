/** What an answer must be. */
export interface ExpectedAnswer {
  readonly status: number;
  /** Every byte is compared; undefined = there is none, and what the head says of a body does not count (RFC 9110 9.3.6: a 2xx to CONNECT). */
  readonly body: Buffer | undefined;
}

/** An answer is not what it must be: nothing that comes with it counts. */
export class AnswerError extends Error {
  override readonly name = 'AnswerError';
}

const headEnd = Buffer.from('\r\n\r\n');
const longestHead = 16_384;

/** Reads one answer after the other from a connection and holds each against what it must be. */
export class AnswerReader {
  readonly #expected: ExpectedAnswer;
  /** Of a head that came in pieces. */
  #pieces: Buffer = Buffer.alloc(0);
  /** The last one, which was right: one that is the same need not be looked at. */
  #head = '';
  #inBody = false;
  #bodyBytes = 0;
  #keepsConnection = true;

  constructor(expected: ExpectedAnswer) {
    this.#expected = expected;
  }

  /** Whether the connection can carry another request after this answer. */
  get keepsConnection(): boolean {
    return this.#keepsConnection;
  }

  /** Bytes of the body of the present answer that came, all of them right. */
  get bodyBytes(): number {
    return this.#bodyBytes;
  }

  /**
   * Takes what came. `chunk` may be overwritten afterwards.
   * @returns whether the answer is complete; the next byte begins another
   * @throws AnswerError
   */
  push(chunk: Buffer): boolean {
    if (this.#inBody) return this.#pushBody(chunk);
    const known = this.#pieces.length === 0 ? chunk : Buffer.concat([this.#pieces, chunk]);
    const end = known.indexOf(headEnd);
    if (end === -1) {
      if (known.length > longestHead) throw new AnswerError(`a head of more than ${longestHead} bytes`);
      this.#pieces = Buffer.from(known);
      return false;
    }
    this.#pieces = Buffer.alloc(0);
    this.#bodyBytes = 0;
    const head = known.toString('latin1', 0, end + 2);
    if (head !== this.#head) this.#readHead(head);
    this.#head = head;
    this.#inBody = true;
    return this.#pushBody(known.subarray(end + headEnd.length));
  }

  #readHead(head: string): void {
    const status = /^HTTP\/1\.([01]) (\d{3}) /.exec(head);
    if (status === null) throw new AnswerError(`no answer: ${JSON.stringify(head.slice(0, 100))}`);
    if (Number(status[2]) !== this.#expected.status) throw new AnswerError(`status ${status[2]}: ${head.slice(0, 500)}`);
    this.#keepsConnection = status[1] === '1' ? !/\r\nconnection: *close\r/i.test(head) : /\r\nconnection: *keep-alive\r/i.test(head);
    if (this.#expected.body === undefined) return;
    const length = /\r\ncontent-length: *(\d+)\r/i.exec(head)?.[1];
    if (length === undefined) throw new AnswerError('an answer without Content-Length');
    if (Number(length) !== this.#expected.body.length) {
      throw new AnswerError(`a body of ${length} bytes, not ${this.#expected.body.length}`);
    }
  }

  #pushBody(chunk: Buffer): boolean {
    const { body } = this.#expected;
    const wanted = body?.length ?? 0;
    const end = this.#bodyBytes + chunk.length;
    if (end > wanted) throw new AnswerError(`${end - wanted} bytes behind the answer`);
    if (body !== undefined && body.compare(chunk, 0, chunk.length, this.#bodyBytes, end) !== 0) {
      throw new AnswerError(`another body, from byte ${this.#bodyBytes} on`);
    }
    this.#bodyBytes = end;
    this.#inBody = end < wanted;
    return !this.#inBody;
  }
}
