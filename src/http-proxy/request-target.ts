import { type Destination, formatHost, parseDestination } from './destination.ts';

/** The target of a request in absolute form, taken apart. */
export interface RequestTarget {
  readonly destination: Destination;
  /** What the destination's Host field says: the port only where it is not 80. */
  readonly authority: string;
  /** Path and query, as the client wrote them; at least `/`, or `*` for OPTIONS of the whole server. */
  readonly path: string;
}

/**
 * Parses the absolute form (RFC 9112 3.2.2). Stricter than URL parsers, which repair what they get: a destination must mean the same to
 * us, to the access list and to the one who answers. User information is dropped (its end is the last `@`).
 * @param method OPTIONS without path and query asks about the server (RFC 9112 3.2.4)
 * @returns what is wrong, as a phrase, when it is none
 */
export function parseAbsoluteForm(text: string, method: string | undefined): RequestTarget | string {
  const fault = findForbiddenCharacter(text);
  if (fault !== undefined) return fault;
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1];
  if (scheme === undefined) return 'the request target is not an absolute URL: this is a proxy';
  if (scheme.toLowerCase() !== 'http') return `the scheme is ${scheme.slice(0, 20)}, not http: use CONNECT for others`;
  const rest = text.slice('http://'.length);
  const end = rest.search(/[/?]/);
  const authority = end === -1 ? rest : rest.slice(0, end);
  const destination = parseDestination(authority.slice(authority.lastIndexOf('@') + 1), 80);
  if (typeof destination === 'string') return destination;
  const path = end === -1 ? '' : rest.slice(end);
  const host = formatHost(destination.host);
  return {
    destination,
    authority: destination.port === 80 ? host : `${host}:${destination.port}`,
    path: path === '' && method === 'OPTIONS' ? '*' : path.startsWith('/') ? path : `/${path}`,
  };
}

/**
 * Parses the authority form of CONNECT (RFC 9112 3.2.3), which has a port and no user information.
 * @returns what is wrong, as a phrase, when it is none
 */
export function parseAuthorityForm(text: string): Destination | string {
  return findForbiddenCharacter(text) ?? parseDestination(text, undefined);
}

// A backslash is a slash to some URL parsers; a fragment is never sent (RFC 9110 4.2.5).
function findForbiddenCharacter(text: string): string | undefined {
  return /^[\x21-\x7e]*$/.test(text) && !/[\\#]/.test(text) ? undefined : 'the request target has a character that no URL has';
}
