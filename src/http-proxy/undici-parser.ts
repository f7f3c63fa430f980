import type { Socket } from 'node:net';

/** The start line of a response as it came. */
export interface StatusLine {
  readonly status: number;
  /** As in `1.1`. */
  readonly version: string;
}

/** What we know of the parser that undici 8 hangs on its socket, by a symbol that it does not export. */
interface Parser {
  readonly ptr: number;
  readonly llhttp: Readonly<Record<'llhttp_get_http_major' | 'llhttp_get_http_minor', (ptr: number) => number>>;
  onHeadersComplete(status: number, upgrade: boolean, shouldKeepAlive: boolean): number;
}

/** To undici an informational response like any other, where it takes 100 for an attack. */
const processing = 102;

/**
 * Tells the status line of every response on a socket that undici reads from, before undici tells its handler. undici's events do not name
 * the version; and it destroys the socket of a destination that sends 100 (Continue) unasked, which a client is to take (RFC 9110 15.2), so
 * here it hears 102 instead. It has no option for either.
 * A socket on which undici has no such parser is destroyed.
 */
export function watchStatusLines(socket: Socket, onStatusLine: (line: StatusLine) => void): void {
  const symbol = Object.getOwnPropertySymbols(socket).find(({ description }) => description === 'parser');
  const parser: unknown = symbol && Reflect.get(socket, symbol);
  if (!isParser(parser)) {
    socket.destroy(new Error('this version of undici has no parser where version 8 has one'));
    return;
  }
  const { onHeadersComplete } = parser;
  parser.onHeadersComplete = (status, upgrade, shouldKeepAlive) => {
    const { ptr, llhttp } = parser;
    onStatusLine({ status, version: `${llhttp.llhttp_get_http_major(ptr)}.${llhttp.llhttp_get_http_minor(ptr)}` });
    return onHeadersComplete.call(parser, status === 100 ? processing : status, upgrade, shouldKeepAlive);
  };
}

function isParser(value: unknown): value is Parser {
  return (
    typeof value === 'object' &&
    value !== null &&
    'onHeadersComplete' in value &&
    typeof value.onHeadersComplete === 'function' &&
    'llhttp' in value &&
    typeof value.llhttp === 'object' &&
    value.llhttp !== null &&
    'llhttp_get_http_major' in value.llhttp
  );
}
