/** An address and a port to connect to. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** A request, how it is sent, and what must come back. */
export interface Exchange {
  readonly proxy: Endpoint;
  /** `absolute`: absolute form to the proxy. `tunnel`: origin form in a CONNECT tunnel. */
  readonly via: 'absolute' | 'tunnel';
  /** `host:port` of the origin. */
  readonly authority: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** What a POST sends: the first so many bytes of a file. */
  readonly body: { readonly file: string; readonly length: number } | undefined;
  /** The expected body: a file that holds it, or the text itself. */
  readonly answer: { readonly file: string } | { readonly text: string };
}

/** Clients that send the same request again and again, each waiting for its answer. */
export interface RequestLoad {
  readonly exchange: Exchange;
  readonly clients: number;
  /** `kept`: one connection for all requests of a client. `one request`: a new one for each, which the other side closes. */
  readonly connection: 'kept' | 'one request';
  /** Milliseconds before anything is counted. */
  readonly warmUp: number;
  /** Milliseconds in which it is counted. */
  readonly duration: number;
  /** Requests that are due in a second, by all clients together; undefined = as fast as answers come. */
  readonly rate?: number;
  /** The proxy's process: its CPU time is measured. */
  readonly pid: number;
}

/** How a slow client reads: so many bytes, then a rest of so many milliseconds. */
export interface Pace {
  readonly bytes: number;
  readonly wait: number;
}

/** What a load came to. Only answers that were right count. */
export interface Sample {
  readonly requests: number;
  /** Of bodies, in the direction of the request. */
  readonly bytes: number;
  readonly seconds: number;
  /** Of the proxy, in the same time. */
  readonly cpuSeconds: number;
  /** Milliseconds, from when the request was due. */
  readonly p50: number;
  readonly p99: number;
}

/** What the load generator is told: a line of JSON each. */
export type Order = { readonly id: number } & (
  | { readonly kind: 'load'; readonly load: RequestLoad }
  /** Opens tunnels and leaves them idle until `release`. */
  | { readonly kind: 'hold'; readonly exchange: Exchange; readonly count: number }
  /** Starts clients that read slowly, and leaves them at it until `release`. */
  | { readonly kind: 'read-slowly'; readonly exchange: Exchange; readonly clients: number; readonly pace: Pace }
  /** Ends what was held. */
  | { readonly kind: 'release' }
  /** Tries until the first right answer. */
  | { readonly kind: 'first-answer'; readonly exchange: Exchange }
);

/** What it says when an order is carried out: a line of JSON each. */
export type Reply = { readonly id: number } & ({ readonly sample: Sample | undefined } | { readonly error: string });
