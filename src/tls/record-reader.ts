/** Types of records (RFC 8446 5.1, RFC 6520). A stream that begins with another byte is not TLS. */
export const contentTypes = { changeCipherSpec: 20, alert: 21, handshake: 22, applicationData: 23, heartbeat: 24 } as const;

/** A part of a record, as it came. The first of each record is empty, and tells of it. */
export interface Fragment {
  /** As it stands in the record; the version beside it is to be ignored for all purposes (RFC 8446 5.1). */
  readonly type: number;
  /** Of the whole record, in bytes without its header. */
  readonly recordLength: number;
  readonly bytes: Buffer;
}

const headerLength = 5;
const nothing = Buffer.alloc(0);

/** Takes a stream apart into its TLS records, in whatever pieces it comes. It holds nothing but the header of the present one. */
export class RecordReader {
  readonly #header = Buffer.alloc(headerLength);
  #headerBytes = 0;
  /** Bytes of the present record that are yet to come. */
  #left = 0;

  /** Type of the record whose header has begun, or which has; undefined between two. */
  get type(): number | undefined {
    return this.#headerBytes > 0 ? this.#header[0] : undefined;
  }

  /** Reads on. */
  *read(bytes: Buffer): Generator<Fragment> {
    let at = 0;
    while (at < bytes.length) {
      if (this.#headerBytes < headerLength) {
        at += this.#readHeader(bytes, at);
        if (this.#headerBytes < headerLength) return;
        this.#left = this.#header.readUInt16BE(3);
        yield this.#fragment(nothing);
      } else {
        const part = bytes.subarray(at, at + this.#left);
        at += part.length;
        this.#left -= part.length;
        yield this.#fragment(part);
      }
      if (this.#left === 0) this.#headerBytes = 0;
    }
  }

  #readHeader(bytes: Buffer, at: number): number {
    const count = bytes.copy(this.#header, this.#headerBytes, at, at + headerLength - this.#headerBytes);
    this.#headerBytes += count;
    return count;
  }

  #fragment(bytes: Buffer): Fragment {
    return { type: this.#header.readUInt8(0), recordLength: this.#header.readUInt16BE(3), bytes };
  }
}
