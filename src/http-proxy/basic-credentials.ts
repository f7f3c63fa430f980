/** A user and a password as a client gave them. */
export interface Credentials {
  readonly name: string;
  readonly password: string;
}

/**
 * Parses the value of a Proxy-Authorization field of the Basic scheme, in UTF-8 (RFC 7617 2); undefined = it is none. The user ends at the first
 * colon; neither part has control characters.
 */
export function parseBasicCredentials(value: string): Credentials | undefined {
  const [, token] = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(value) ?? [];
  const text = token === undefined ? undefined : decode(token);
  const colon = text?.indexOf(':') ?? -1;
  if (text === undefined || colon === -1 || /\p{Cc}/u.test(text)) return undefined;
  return { name: text.slice(0, colon), password: text.slice(colon + 1) };
}

function decode(token: string): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(token, 'base64'));
  } catch {
    return undefined;
  }
}
