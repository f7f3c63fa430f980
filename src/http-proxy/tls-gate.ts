import type { Gate, GateVerdict } from '../net/gate.ts';
import type { ClientHello } from '../tls/client-hello.ts';
import { ClientHelloReader } from '../tls/client-hello-reader.ts';
import { HelloRetryReader } from '../tls/hello-retry-reader.ts';
import { contentTypes, type Fragment, RecordReader } from '../tls/record-reader.ts';
import { findServerNameFault, type ServerNameJudge } from './server-name.ts';

/** The TLS server name of a tunnel, and what was found about it. */
export interface ServerNameFinding {
  readonly serverName: string | undefined;
  /** An encrypted ClientHello came along: what is judged is its outer name. */
  readonly encrypted: boolean;
  /** Why the access list does not allow it; undefined = it does. */
  readonly fault: string | undefined;
}

/** What a gate is for. */
export interface TlsGateOptions extends ServerNameJudge {
  /** `enforce` closes a tunnel whose server name is not allowed; `report` lets it pass. */
  readonly mode: 'enforce' | 'report';
  /** For the rest of a ClientHello to arrive, in milliseconds. */
  readonly holdTimeout: number;
  /** Told of each ClientHello. */
  readonly onFinding: (finding: ServerNameFinding) => void;
}

/** Records in front of the first ClientHello. OpenSSL and Go give up after fewer. */
const maxBefore = 32;

/** Bytes that wait for a verdict, of a ClientHello in however many records. */
const maxHeld = 2 ** 16;

/** A fatal alert, access_denied (RFC 8446 6.2), in a record of its own: TLS clients then say what happened instead of "connection closed". */
const accessDenied = Buffer.from([21, 3, 3, 0, 2, 2, 49]);

/**
 * Judges the server name of a tunnel's ClientHello like a host of its own, with the address that is already connected. Other protocols
 * and clients that send no name pass; a ClientHello that is begun and not finished, or malformed, does not.
 *
 * There may be a second one, when the server asks for it (HelloRetryRequest, RFC 8446 4.1.4), and some servers take its name: it is judged too. A client
 * need not wait for the server's answer before it sends it, so the gate is open when that answer is another one, or no ClientHello can come.
 */
export class TlsGate implements Gate {
  readonly holdTimeout: number;
  readonly #options: TlsGateOptions;
  /** There is none before the first byte: tunnels that are open and silent are many. */
  #records: RecordReader | undefined;
  #hello: ClientHelloReader | undefined;
  /** How many ClientHellos have been judged. */
  #count = 0;
  /** Records that came before the first. */
  #before = 0;
  /** Bytes that wait for a verdict. */
  #held = 0;
  /** Of the server, to the first ClientHello; undefined = it need not be read. */
  #answer: HelloRetryReader | undefined;

  constructor(options: TlsGateOptions) {
    this.#options = options;
    this.holdTimeout = options.holdTimeout;
  }

  judge(bytes: Buffer): GateVerdict {
    if (this.#count === 0 && !this.#mayBeTls(bytes)) return 'open';
    this.#records ??= new RecordReader();
    for (const fragment of this.#records.read(bytes)) {
      const verdict = this.#judgeFragment(fragment);
      if (verdict !== undefined) return verdict;
    }
    const holds = this.#count === 0 || this.#hasBegun;
    this.#held = holds ? this.#held + bytes.length : 0;
    if (this.#held > maxHeld) return this.#find('malformed') ?? 'open';
    return holds ? 'hold' : 'pass';
  }

  conclude(): Exclude<GateVerdict, 'hold'> {
    return this.#find('incomplete') ?? 'open';
  }

  watch(bytes: Buffer): boolean {
    const answer = this.#answer?.read(bytes);
    if (answer !== undefined) this.#answer = undefined;
    return answer === 'other';
  }

  /** A ClientHello has begun, and is not whole. */
  get #hasBegun(): boolean {
    return this.#hello?.begun === true;
  }

  /** By the type of the record that begins, or has begun. */
  #mayBeTls(bytes: Buffer): boolean {
    const type = this.#records?.type ?? bytes[0];
    return this.#hasBegun || type === contentTypes.handshake || type === contentTypes.alert || type === contentTypes.changeCipherSpec;
  }

  #judgeFragment(fragment: Fragment): Exclude<GateVerdict, 'hold'> | undefined {
    const comesBefore = !this.#hasBegun && this.#mayComeBefore(fragment);
    // Nothing that passes needs a bound.
    if (comesBefore && (this.#count > 0 || fragment.bytes.length > 0 || ++this.#before <= maxBefore)) return undefined;
    this.#hello ??= new ClientHelloReader();
    const result = comesBefore ? 'malformed' : this.#hello.read(fragment);
    if (result === undefined) return undefined;
    if (result === 'other') return 'open';
    const verdict = this.#find(result);
    if (verdict !== undefined) return verdict;
    if (result === 'malformed' || this.#count === 2) return 'open';
    this.#hello = undefined;
    this.#answer = new HelloRetryReader();
    return undefined;
  }

  /** Some servers pass over warnings and the like in front of a ClientHello, and over early data in front of the second (RFC 8446 4.2.10, 5). */
  #mayComeBefore({ type, recordLength }: Fragment): boolean {
    if (this.#count > 0) return type !== contentTypes.handshake;
    return (type === contentTypes.alert || type === contentTypes.changeCipherSpec) && recordLength <= 2;
  }

  /** Tells of a ClientHello. Returns how the tunnel ends for it, if it does. */
  #find(hello: ClientHello | 'incomplete' | 'malformed'): { readonly close: Buffer } | undefined {
    this.#count++;
    const finding: ServerNameFinding =
      typeof hello === 'object'
        ? { ...hello, fault: findServerNameFault(this.#options, hello.serverName) }
        : { serverName: undefined, encrypted: false, fault: `the ClientHello is ${hello}` };
    this.#options.onFinding(finding);
    return finding.fault === undefined || this.#options.mode === 'report' ? undefined : { close: accessDenied };
  }
}
