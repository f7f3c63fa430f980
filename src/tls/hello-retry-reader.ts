import { GatheredBytes } from '../net/gathered-bytes.ts';
import { contentTypes, type Fragment, RecordReader } from './record-reader.ts';

/** What a server answers to a ClientHello: it asks for another one (HelloRetryRequest), or does not. */
export type HelloAnswer = 'retry' | 'other';

/** RFC 8446 4, 4.1.3: type and length, legacy_version, and the random of a ServerHello that is a HelloRetryRequest. */
const serverHelloMessage = 2;
const randomAt = 6;
const retryRandom = Buffer.from('cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c', 'hex');
const randomEnd = randomAt + retryRandom.length;

/** Reads the begin of a server's first handshake message. */
export class HelloRetryReader {
  readonly #records = new RecordReader();
  readonly #message = new GatheredBytes(randomEnd);

  /** Reads on, over warnings that come before. Returns undefined when that is not enough to tell; afterwards nothing more is to be read. */
  read(bytes: Buffer): HelloAnswer | undefined {
    for (const fragment of this.#records.read(bytes)) {
      const answer = this.#readFragment(fragment);
      if (answer !== undefined) return answer;
    }
    return undefined;
  }

  #readFragment({ type, bytes }: Fragment): HelloAnswer | undefined {
    if (type === contentTypes.alert) return undefined;
    if (type !== contentTypes.handshake) return 'other';
    this.#message.add(bytes.subarray(0, randomEnd - this.#message.bytes.length));
    const message = this.#message.bytes;
    if (message.length > 0 && message[0] !== serverHelloMessage) return 'other';
    if (message.length < randomEnd) return undefined;
    return message.subarray(randomAt).equals(retryRandom) ? 'retry' : 'other';
  }
}
