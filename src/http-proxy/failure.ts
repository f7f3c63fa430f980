import type { AccessRule } from '../config/router-config.ts';
import { DnsError } from '../dns/dns-error.ts';
import { DialError } from '../net/dial.ts';
import { addressBits } from '../net/ip-address.ts';
import { formatPrefix } from '../net/prefix.ts';
import type { DeniedAddress } from './decide.ts';
import { embeddedIpv4 } from './special-ranges.ts';

/** What a client gets for a failure. */
interface Answer {
  readonly status: number;
  readonly error: string;
  readonly fields?: readonly string[];
}

/** Seconds (RFC 9110 10.2.3): long enough for some connections to have ended. */
const retryLater = ['Retry-After', '5'] as const;

/** Every way in which a request can fail here: the status that the client gets, the error type of RFC 9209 2.3, and fields that the status asks for. */
export const answers = {
  'bad-request': { status: 400, error: 'http_request_error' },
  'client-denied': { status: 403, error: 'http_request_denied' },
  denied: { status: 403, error: 'http_request_denied' },
  'special-destination': { status: 403, error: 'destination_ip_prohibited' },
  loop: { status: 403, error: 'proxy_loop_detected' },
  unauthenticated: {
    status: 407,
    error: 'http_request_denied',
    fields: ['Proxy-Authenticate', 'Basic realm="egress-router", charset="UTF-8"'],
  },
  'slow-request': { status: 408, error: 'http_request_error' },
  'unknown-expectation': { status: 417, error: 'http_request_error' },
  'client-limit': { status: 429, error: 'http_request_denied', fields: retryLater },
  'large-head': { status: 431, error: 'http_request_error' },
  'bad-response': { status: 502, error: 'http_protocol_error' },
  'broken-connection': { status: 502, error: 'connection_terminated' },
  'name-unknown': { status: 503, error: 'dns_error' },
  'dns-failed': { status: 503, error: 'dns_error' },
  'dns-timeout': { status: 503, error: 'dns_timeout' },
  refused: { status: 503, error: 'connection_refused' },
  unreachable: { status: 503, error: 'destination_ip_unroutable' },
  exhausted: { status: 503, error: 'connection_limit_reached', fields: retryLater },
  'router-full': { status: 503, error: 'proxy_internal_response', fields: retryLater },
  closing: { status: 503, error: 'destination_unavailable' },
  'connect-timeout': { status: 504, error: 'connection_timeout' },
  'slow-response': { status: 504, error: 'http_response_timeout' },
  internal: { status: 500, error: 'proxy_internal_error' },
} as const satisfies Record<string, Answer>;

/** A key of the table. */
export type FailureKind = keyof typeof answers;

/** A request that is answered by us, with an error. Logged once, on the line of its request. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly kind: FailureKind;
  /** The rule that denied it. */
  readonly rule: AccessRule | undefined;

  constructor(kind: FailureKind, message: string, options: ErrorOptions & { readonly rule?: AccessRule | undefined } = {}) {
    super(message, options);
    this.kind = kind;
    this.rule = options.rule;
  }

  get status(): number {
    return answers[this.kind].status;
  }

  /** Whether somebody decided that this must not be, rather than that it could not be. */
  get isDenial(): boolean {
    return this.status === 403 || this.status === 407;
  }

  /** Names and values in turn. */
  get fields(): readonly string[] {
    const answer: Answer = answers[this.kind];
    return answer.fields ?? [];
  }

  /** Error type for the Proxy-Status field. */
  get errorType(): string {
    return answers[this.kind].error;
  }
}

/** `VARIABLE:LINE TEXT` of a rule. */
export function formatRule({ variable, line, text }: AccessRule): string {
  return `${variable}:${line} ${text}`;
}

/**
 * The failure of a destination that the access list does not allow.
 * @param list the variable that the list came by
 */
export function denial({ reason, rule, address, range }: DeniedAddress, list: string): Failure {
  const where = address === undefined ? '' : ` (address ${address.text})`;
  switch (reason) {
    case 'rule':
      return new Failure('denied', `denied by ${rule === undefined ? 'a rule' : formatRule(rule)}${where}`, { rule });
    case 'no-rule':
      return new Failure('denied', `no line of ${list} allows it${where}`);
    case 'own-listener':
      return new Failure('loop', `the destination is this router itself${where}`);
    case 'special-range':
      return new Failure('special-destination', describeSpecial(rule, address, range), { rule });
  }
}

/** Which special range it is, why the line does not open it, and what would. */
function describeSpecial(rule: DeniedAddress['rule'], address: DeniedAddress['address'], range: DeniedAddress['range']): string {
  const special = `${address?.text ?? 'the address'} is special (${range?.kind})`;
  if (rule === undefined || address === undefined || range === undefined) return special;
  const fault = rule.pattern.kind === 'prefix' ? 'is too wide to open it' : 'does not open it';
  // An address that stands for an IPv4 address is opened as that.
  const { text, family } = embeddedIpv4(address) ?? address;
  const single = range.prefix.length === addressBits(family);
  return `${special}; ${formatRule(rule)} ${fault}: name ${text}${single ? '' : `, or a prefix inside ${formatPrefix(range.prefix)}`}`;
}

/** The failure that an error of resolver or dial means to the client. */
export function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof DnsError) return new Failure(dnsFailure(error), error.message, { cause: error });
  if (error instanceof DialError) {
    const kind = error.kind === 'timeout' ? 'connect-timeout' : error.kind === 'aborted' ? 'closing' : error.kind;
    return new Failure(kind, error.message, { cause: error });
  }
  return new Failure('internal', 'the router failed', { cause: error });
}

function dnsFailure({ kind }: DnsError): FailureKind {
  if (kind === 'timeout') return 'dns-timeout';
  return kind === 'not-found' || kind === 'no-data' ? 'name-unknown' : 'dns-failed';
}
