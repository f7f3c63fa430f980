/** Parses a TCP, UDP or SCTP port from 1 to 65535 in decimal, without sign, leading zero or space; undefined for all else. */
export function parsePort(text: string): number | undefined {
  if (!/^[1-9]\d{0,4}$/.test(text)) return undefined;
  const port = Number(text);
  return port <= 65535 ? port : undefined;
}
