/** A server to start on a host; each listens on all addresses of the host, of both families. */
export type ServerSpec =
  | { readonly kind: 'http' | 'https'; readonly port: number; readonly admit?: readonly string[] }
  | { readonly kind: 'tcp-echo'; readonly port: number; readonly admit?: readonly string[] }
  | { readonly kind: 'udp-echo'; readonly port: number };

/** What an HTTP server saw of a request: the body of its answer, too. */
export interface SeenRequest {
  readonly event: 'request';
  readonly port: number;
  readonly source: string;
  readonly sourcePort: number;
  /** The address that was dialled. */
  readonly destination: string;
  readonly admitted: boolean;
  readonly method: string;
  readonly target: string;
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
  readonly bodyLength: number;
  readonly bodySha256: string;
}

/** A TCP connection that was accepted, or a datagram that came. */
export interface SeenTransport {
  readonly event: 'connection' | 'datagram';
  readonly port: number;
  readonly source: string;
  readonly sourcePort: number;
  readonly destination: string;
  readonly admitted: boolean;
}

/** What a server reports, one JSON line each. */
export type ServerEvent = SeenRequest | SeenTransport | { readonly event: 'ready' };

/** How a program reports. */
export type Report = (event: ServerEvent) => void;

/** An address without the IPv4-mapped form that a dual-stack socket shows. */
export function plainAddress(address: string | undefined): string {
  return (address ?? '').replace(/^::ffff:(?=\d+\.)/, '');
}

/** Whether a list admits an address; no list admits all. */
export function isAdmitted(address: string, admit: readonly string[] | undefined): boolean {
  return admit === undefined || admit.includes(address);
}
