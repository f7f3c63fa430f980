import { FieldNames } from '../http/field-names.ts';
import { elementsOf, type Fields } from '../http/fields.ts';

/** Fields that concern one connection only, in both directions (RFC 9110 7.6.1), and those between a client and its proxy. */
const hopByHop = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
];

/**
 * Written anew or answered by us; X-Forwarded-For would tell the destination about the inside of the cluster. Request trailers are not
 * forwarded, so they are not announced.
 */
const dropped = {
  request: new FieldNames([...hopByHop, 'host', 'expect', 'trailer', 'x-forwarded-for']),
  response: new FieldNames(hopByHop),
  'response-without-trailers': new FieldNames([...hopByHop, 'trailer']),
  // Informational and 204 have none (RFC 9110 8.6), and a client that read as many bytes would read them out of the next response.
  'response-without-length': new FieldNames([...hopByHop, 'trailer', 'content-length']),
};

/** What a message is that goes on. */
export type MessageKind = keyof typeof dropped;

/** Never removed because Connection names them: that would change what the message says (or smuggle another), not how it travels. */
const endToEnd = new FieldNames(['content-length', 'host', 'authorization']);

/**
 * The fields of a message that go on to the other side, in order and as they were written, with our entry of Via added. Host,
 * Connection and framing are the sender's to add.
 */
export function forwardedFields(fields: Fields, kind: MessageKind, via: string): string[] {
  const named = connectionOptions(fields);
  const forwarded: string[] = [];
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const name = fields[index] ?? '';
    if (dropped[kind].has(name) || named.has(name)) continue;
    forwarded.push(name, fields[index + 1] ?? '');
  }
  forwarded.push('Via', via);
  return forwarded;
}

/** Trailer fields that go on: nothing that frames or routes the message (RFC 9110 6.5.1). */
export function forwardedTrailers(fields: Fields): string[] {
  const trailers: string[] = [];
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const name = fields[index] ?? '';
    if (dropped.request.has(name) || endToEnd.has(name)) continue;
    trailers.push(name, fields[index + 1] ?? '');
  }
  return trailers;
}

const none = new FieldNames([]);

function connectionOptions(fields: Fields): FieldNames {
  const options = elementsOf(fields, 'connection');
  // These name no field that would not be dropped, and nearly all messages have one of them or none.
  if (options.every((option) => option === 'keep-alive' || option === 'close')) return none;
  return new FieldNames(options.filter((option) => !endToEnd.has(option)));
}
