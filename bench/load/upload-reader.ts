const headEnd = Buffer.from('\r\n\r\n');

/** Reads the uploads of one connection, one after the other, and compares them with the body that clients send. */
export class UploadReader {
  readonly #body: Buffer;
  #head: Buffer = Buffer.alloc(0);
  /** Of the present upload; undefined = its head is not complete. */
  #length: number | undefined;
  #received = 0;
  #closes = false;

  /** @param body what every upload is the beginning of */
  constructor(body: Buffer) {
    this.#body = body;
  }

  /**
   * Takes what came.
   * @returns `received`: the length of the upload that is complete with it; `isWrong`: it is not what was sent, or not framed by Content-Length
   */
  push(chunk: Buffer): { readonly received: number | undefined; readonly isWrong: boolean } {
    let rest = chunk;
    if (this.#length === undefined) {
      const known = Buffer.concat([this.#head, chunk]);
      const end = known.indexOf(headEnd);
      this.#head = known;
      if (end === -1) return { received: undefined, isWrong: known.length > 16_384 };
      const head = known.toString('latin1', 0, end + 2);
      const length = /\r\ncontent-length: *(\d+)\r/i.exec(head)?.[1];
      if (length === undefined) return { received: undefined, isWrong: true };
      this.#length = Number(length);
      this.#received = 0;
      this.#closes = /\r\nconnection: *close\r/i.test(head);
      rest = known.subarray(end + headEnd.length);
    }
    const begin = this.#received;
    this.#received += rest.length;
    if (this.#received > this.#length || this.#body.compare(rest, 0, rest.length, begin, this.#received) !== 0) {
      return { received: undefined, isWrong: true };
    }
    if (this.#received < this.#length) return { received: undefined, isWrong: false };
    this.#length = undefined;
    this.#head = Buffer.alloc(0);
    return { received: this.#received, isWrong: false };
  }

  /** The answer to an upload of so many bytes. */
  answer(received: number): string {
    const text = uploadAnswer(received);
    return `HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n${this.#closes ? 'Connection: close\r\n' : ''}\r\n${text}`;
  }

  /** Whether the answer ends the connection. */
  get closes(): boolean {
    return this.#closes;
  }
}

/** The body of the answer to an upload of so many bytes, all of them right. */
export function uploadAnswer(received: number): string {
  return `read ${received}`;
}
