import { countRequests, type RequestMessage, valuesOf } from './http-reader.ts';
import { originStatus } from './origin.ts';
import type { Deeds } from './proxy-process.ts';
import { isForbiddenAddress, isForbiddenName } from './world.ts';

/** What must hold whatever is sent, each by its name. */
export const invariants = {
  reach: 'nothing reaches an address or a name that the list does not allow',
  'one-request': 'one accepted request is one request upstream, and its body is the body that was sent',
  'own-words': 'what goes upstream is in words of the proxy, with one framing',
  whole: 'a client takes nothing for a whole response that was not one, and never gets the answer of another request',
  delivered: 'a response that leaves no doubt is delivered',
  account: 'the log counts the bytes that went through',
  alive: 'the process lives',
  waiting: 'no client is left waiting',
  descriptors: 'descriptors return to base',
  memory: 'memory returns to base',
} as const;

/** A key of the table. */
export type Invariant = keyof typeof invariants;

/** An invariant that did not hold. */
export class ViolationError extends Error {
  override readonly name = 'ViolationError';
  readonly invariant: Invariant;

  constructor(invariant: Invariant, detail: string) {
    super(`${invariants[invariant]}, but ${detail}`);
    this.invariant = invariant;
  }
}

/** Holds what the proxy did against what it may do in every case. @throws ViolationError */
export function checkDeeds({ dials, leaked }: Deeds): void {
  for (const { address, port } of dials) {
    if (isForbiddenAddress(address)) throw new ViolationError('reach', `${address} port ${port} was dialled`);
  }
  if (leaked > 0) throw new ViolationError('descriptors', `${leaked} more are open than before`);
}

/**
 * Holds what came on the connections of an origin against the log: each is a row of requests in the proxy's own words, and there are not
 * more of them than requests that were allowed.
 * @returns those that came whole, by connection
 * @throws ViolationError
 */
export function checkRequests(received: readonly string[], { lines }: Deeds): readonly (readonly RequestMessage[])[] {
  let begun = 0;
  const whole = received.map((text) => {
    const requests = countRequests(text);
    if (requests.fault !== undefined) throw new ViolationError('own-words', `the origin got ${requests.fault}`);
    for (const request of requests.whole) checkWords(request);
    begun += requests.begun;
    return requests.whole;
  });
  const allowed = lines.filter(({ msg, decision }) => msg === 'request' && decision === 'allow').length;
  if (begun > allowed) throw new ViolationError('one-request', `the origin got ${begun} requests, and the log has ${allowed}`);
  const answered = lines.filter(({ msg, status }) => msg === 'request' && status === originStatus).length;
  const complete = whole.flat().length;
  if (answered > complete)
    throw new ViolationError('one-request', `the log has ${answered} answers, and the origin got ${complete} requests`);
  return whole;
}

/** Fields that must not go on: they are for the proxy, or tell about the inside of the cluster. */
const betweenNeighbours = new Set([
  'proxy-authorization',
  'proxy-connection',
  'proxy-authenticate',
  'keep-alive',
  'te',
  'trailer',
  'expect',
  'x-forwarded-for',
]);

function checkWords(request: RequestMessage): void {
  const fault = findForeignWord(request);
  if (fault !== undefined) throw new ViolationError('own-words', `of a request ${fault}: ${JSON.stringify(request)}`);
  const host = request.fields[0]?.[1].replace(/:\d+$/, '') ?? '';
  if (isForbiddenName(host)) throw new ViolationError('reach', `a request for ${host} arrived`);
}

function findForeignWord({ target, fields }: RequestMessage): string | undefined {
  if (fields[0]?.[0] !== 'Host' || valuesOf(fields, 'host').length !== 1) return 'Host is not its one first field';
  const connection = valuesOf(fields, 'connection');
  if (connection.length > 1 || connection.some((value) => value !== 'Upgrade')) return 'Connection names a field';
  if (!/egress-router-[0-9a-f]+$/.test(valuesOf(fields, 'via').at(-1) ?? '')) return 'Via does not end in us';
  if (fields.some(([name]) => betweenNeighbours.has(name.toLowerCase()))) return 'a field was for the proxy';
  return target.startsWith('/') || target === '*' ? undefined : 'the target is no path';
}
