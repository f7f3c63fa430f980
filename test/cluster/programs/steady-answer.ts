/** Whom a steady client asks, and how often. */
export interface SteadyTarget {
  readonly host: string;
  readonly port: number;
  /** Of the request; a whole URL where `host` is a proxy. */
  readonly path: string;
  /** Milliseconds between two requests, whether they are answered or not. */
  readonly interval: number;
  /** Milliseconds until a request is given up. */
  readonly patience: number;
}

/** What became of one request. */
export interface SteadyAnswer {
  /** Milliseconds since 1970. */
  readonly sent: number;
  /** When it was answered, or given up. */
  readonly ended: number;
  /** The address that the server outside saw; absent when it was not answered. */
  readonly source?: string;
  /** Why it was not answered. */
  readonly error?: string;
}
