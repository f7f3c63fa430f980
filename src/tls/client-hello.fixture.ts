const u16 = (value: number) => [value >> 8, value & 0xff];

/** For tests: bytes with their length in front (RFC 8446 3.4). */
export function vector(size: 1 | 2, bytes: readonly number[]): number[] {
  return [...(size === 1 ? [bytes.length] : u16(bytes.length)), ...bytes];
}

/** For tests: an extension. */
export function extension(type: number, bytes: readonly number[]): number[] {
  return [...u16(type), ...vector(2, bytes)];
}

/** For tests: a server_name extension. */
export function serverName(name: string): number[] {
  return extension(0, vector(2, [0, ...vector(2, [...Buffer.from(name)])]));
}

/** For tests: a record, of a handshake unless told otherwise. */
export function record(bytes: readonly number[], type = 22, version: readonly [number, number] = [3, 1]): number[] {
  return [type, ...version, ...vector(2, bytes)];
}

/** For tests: a ClientHello message with these extensions; undefined = without any. */
export function clientHello(extensions: readonly number[] | undefined): number[] {
  const body = [3, 3, ...Array(32).fill(7), ...vector(1, [1, 2]), ...vector(2, [0x13, 0x01]), ...vector(1, [0])];
  if (extensions !== undefined) body.push(...vector(2, extensions));
  return [1, 0, ...u16(body.length), ...body];
}

/** For tests: a ServerHello message, or a HelloRetryRequest. */
export function serverHello(kind: 'hello' | 'retry'): number[] {
  // RFC 8446 4.1.3.
  const retry = Buffer.from('cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c', 'hex');
  const body = [3, 3, ...(kind === 'retry' ? retry : Array(32).fill(7)), 0, 0x13, 0x01, 0, 0, 0];
  return [2, 0, ...u16(body.length), ...body];
}
