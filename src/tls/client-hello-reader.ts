import { GatheredBytes } from '../net/gathered-bytes.ts';
import { type ClientHello, parseClientHello } from './client-hello.ts';
import { contentTypes, type Fragment, isContentType } from './record-reader.ts';

/**
 * What a client's records turn out to be. `other`: no ClientHello. `malformed`: they began one, and then broke the rules or went beyond all
 * bounds.
 */
export type ClientHelloResult = ClientHello | 'other' | 'malformed';

/** RFC 8446 5.1: all versions of TLS are 3.x in a record. */
const usualVersion = 3;
/** RFC 8446 4. */
const clientHelloMessage = 1;
const messageHeader = 4;
/** Room for a message at first, in bytes. */
const usualMessage = 2_048;
/** legacy_version and random, and four vectors of which two are not empty (RFC 8446 4.1.2). */
const minBody = 41;
/** Far above what clients send (post-quantum key shares make 2 kB). It bounds what is kept of one in memory. */
const maxMessage = 2 ** 16;
/** RFC 8446 5.1 and, for what is compressed, RFC 5246 6.2.2. No server reads longer ones. */
const maxRecord = 2 ** 14 + 2_048;

/** Reads one ClientHello, over as many records as it is cut into. */
export class ClientHelloReader {
  #message: GatheredBytes | undefined;

  /** A message has begun, and is not whole. */
  get begun(): boolean {
    return this.#message !== undefined;
  }

  /**
   * Reads on. Once it has a result, nothing more is to be read with it.
   * @param fragment of a record of type handshake, or of another type behind one
   * @returns undefined when that is not everything
   */
  read({ type, majorVersion, recordLength, bytes }: Fragment): ClientHelloResult | undefined {
    if (!isContentType(type) || recordLength > maxRecord) return 'other';
    if (type !== contentTypes.handshake) return this.#message === undefined ? 'other' : 'malformed';
    // Forbidden (RFC 8446 5.1), but servers that know no other version pass over some.
    if (recordLength === 0) return this.#message === undefined && majorVersion !== usualVersion ? 'other' : 'malformed';
    if (bytes.length === 0) return undefined;
    this.#message ??= new GatheredBytes(Math.min(recordLength, usualMessage));
    this.#message.add(bytes);
    const message = this.#message.bytes;
    if (message[0] !== clientHelloMessage) return 'other';
    if (message.length > maxMessage) return 'malformed';
    if (message.length < messageHeader) return undefined;
    const length = message.readUIntBE(1, 3);
    const end = messageHeader + length;
    // No server takes these. The messages of some databases begin with their length, and look like that.
    if (length < minBody || (end > maxMessage && majorVersion !== usualVersion)) return 'other';
    // Nothing can follow it in its record.
    if (end > maxMessage || message.length > end) return 'malformed';
    return message.length < end ? undefined : (parseClientHello(message.subarray(messageHeader)) ?? 'malformed');
  }
}
