/** A ClientHello: its server name where it sends one, and whether it carries an encrypted one besides (ECH: then the outer name is what is seen). */
export interface ClientHello {
  readonly serverName: string | undefined;
  readonly encrypted: boolean;
}

/** RFC 6066 3, RFC 9849 5. */
const extensionTypes = { serverName: 0, encryptedClientHello: 0xfe0d };
const hostNameType = 0;

/** Parses the body of a ClientHello message (RFC 8446 4.1.2); undefined when it is none. Decrypts nothing. */
export function parseClientHello(body: Buffer): ClientHello | undefined {
  const reader = new Reader(body);
  // legacy_version, random; legacy_session_id, cipher_suites, legacy_compression_methods
  if (!reader.skip(34) || !reader.vector(1) || !reader.vector(2) || !reader.vector(1)) return undefined;
  // Before TLS 1.3 there may be no extensions at all.
  const extensions = reader.atEnd ? new Reader(Buffer.alloc(0)) : reader.vector(2);
  if (extensions === undefined || !reader.atEnd) return undefined;
  const seen = new Set<number>();
  let serverName: string | undefined;
  while (!extensions.atEnd) {
    const type = extensions.number(2);
    const content = extensions.vector(2);
    if (type === undefined || content === undefined || seen.has(type)) return undefined;
    seen.add(type);
    if (type !== extensionTypes.serverName) continue;
    serverName = parseServerName(content);
    if (serverName === undefined) return undefined;
  }
  return { serverName, encrypted: seen.has(extensionTypes.encryptedClientHello) };
}

/** The one host name of a server_name extension: RFC 6066 knows no other type, and no second name of a type. */
function parseServerName(content: Reader): string | undefined {
  const names = content.vector(2);
  const type = names?.number(1);
  const name = names?.vector(2);
  return type === hostNameType && names?.atEnd && content.atEnd ? name?.text() : undefined;
}

/** Reads numbers and length-prefixed vectors (RFC 8446 3.4) until there are no more bytes. */
class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  skip(count: number): boolean {
    this.#at += count;
    return this.#at <= this.#bytes.length;
  }

  number(size: 1 | 2): number | undefined {
    const at = this.#at;
    return this.skip(size) ? this.#bytes.readUIntBE(at, size) : undefined;
  }

  vector(sizeOfLength: 1 | 2): Reader | undefined {
    const length = this.number(sizeOfLength);
    const at = this.#at;
    return length !== undefined && this.skip(length) ? new Reader(this.#bytes.subarray(at, at + length)) : undefined;
  }

  text(): string {
    return this.#bytes.subarray(this.#at).toString('latin1');
  }
}
