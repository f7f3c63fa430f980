/** Types of records (RFC 8446 5.1, RFC 6520). A stream that begins with another byte is not TLS. */
export const contentTypes = { changeCipherSpec: 20, alert: 21, handshake: 22, applicationData: 23, heartbeat: 24 } as const;

/** Whether there are records of that type. */
export function isContentType(type: number): boolean {
  return type >= contentTypes.changeCipherSpec && type <= contentTypes.heartbeat;
}

/** A part of a record, as it came. The first of each record is empty, and tells of it. */
export interface Fragment {
  readonly type: number;
  /** The first byte of its version, which is to be ignored for all purposes (RFC 8446 5.1), though most servers do not. */
  readonly majorVersion: number;
  /** Of the whole record, in bytes without its header. */
  readonly recordLength: number;
  readonly bytes: Buffer;
}

const headerLength = 5;
const nothing = Buffer.alloc(0);

/** Takes a stream apart into its TLS records, in whatever pieces it comes. It holds nothing of them. */
export class RecordReader {
  #type = 0;
  #majorVersion = 0;
  #length = 0;
  /** Of the present record, of which so many have come. */
  #headerBytes = 0;
  /** Bytes of the present record that are yet to come. */
  #left = 0;

  /** Type of the record whose header has begun, or which has; undefined between two. */
  get type(): number | undefined {
    return this.#headerBytes > 0 ? this.#type : undefined;
  }

  /** Reads on. */
  *read(bytes: Buffer): Generator<Fragment> {
    let at = 0;
    while (at < bytes.length) {
      if (this.#headerBytes < headerLength) {
        this.#readHeaderByte(bytes.readUInt8(at));
        at += 1;
        if (this.#headerBytes < headerLength) continue;
        this.#left = this.#length;
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

  /** Type, two bytes of a version, two of a length. */
  #readHeaderByte(byte: number): void {
    if (this.#headerBytes === 0) this.#type = byte;
    if (this.#headerBytes === 1) this.#majorVersion = byte;
    this.#length = ((this.#length << 8) | byte) & 0xffff;
    this.#headerBytes += 1;
  }

  #fragment(bytes: Buffer): Fragment {
    return { type: this.#type, majorVersion: this.#majorVersion, recordLength: this.#length, bytes };
  }
}
