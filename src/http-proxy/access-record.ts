import { formatUrlHost } from '../net/ip-address.ts';
import type { Log } from '../observe/log.ts';
import type { AllowedAddress } from './decide.ts';
import { type Destination, formatDestination } from './destination.ts';
import { type Failure, formatRule } from './failure.ts';

/** What happened to one request or tunnel, gathered on the way and logged as one line at its end. Neither credentials nor paths are in it. */
export class AccessRecord {
  readonly #started = performance.now();
  readonly #client: string;
  readonly #method: string | undefined;
  /** Who the client has shown to be. */
  user: string | undefined;
  #destination: Destination | undefined;
  #allowed: AllowedAddress | undefined;
  #failure: Failure | undefined;
  status: number | undefined;
  /** Of the body, or through the tunnel. */
  bytesUp = 0;
  bytesDown = 0;
  /** How it ended, where that was not the regular end. */
  reason: string | undefined;
  /** Server name of a TLS tunnel. */
  serverName: string | undefined;
  /** The server name is the outer one of an encrypted ClientHello. */
  encrypted = false;
  /** It was connected, and denied for its server name. */
  denied = false;

  /** @param method undefined when the request could not be read */
  constructor(client: string, method: string | undefined) {
    this.#client = client;
    this.#method = method;
  }

  setDestination(destination: Destination): void {
    this.#destination = destination;
  }

  /** The address that is connected, or the first to be tried, and by which rule. */
  setAddress(allowed: AllowedAddress): void {
    this.#allowed = allowed;
  }

  setFailure(failure: Failure): void {
    this.#failure = failure;
    this.status = failure.status;
    this.reason = failure.message;
  }

  /** There was nobody left to answer. */
  setClientGone(): void {
    this.status = undefined;
    this.reason = 'the client broke off';
  }

  write(log: Log, message: 'request' | 'tunnel'): void {
    const rule = this.#failure?.rule ?? this.#allowed?.rule;
    log.info(
      {
        client: this.#client,
        user: this.user,
        method: this.#method && bound(this.#method),
        destination: this.#destination && formatDestination(this.#destination),
        endpoint: this.#allowed && this.#destination && `${formatUrlHost(this.#allowed.address)}:${this.#destination.port}`,
        rule: rule && bound(formatRule(rule)),
        decision: this.denied || this.#failure?.isDenial ? 'deny' : this.#allowed === undefined ? 'none' : 'allow',
        status: this.status,
        serverName: this.serverName && bound(this.serverName),
        encryptedServerName: this.encrypted || undefined,
        bytesUp: this.bytesUp,
        bytesDown: this.bytesDown,
        durationMs: Math.round(performance.now() - this.#started),
        reason: this.reason && bound(this.reason),
      },
      message,
    );
  }
}

function bound(text: string): string {
  return text.length <= 300 ? text : `${text.slice(0, 300)}...`;
}
