import type { AccessList, User } from '../config/router-config.ts';
import type { RouterErrorCode } from '../router-error.ts';
import type { SharedMemory } from './shared-state.ts';
import type { ProxyConfig } from './start-http-proxy.ts';

/** What one of the proxy's worker threads is started with. */
export interface ProxyWorkerOrder {
  readonly kind: 'http-proxy';
  readonly list: AccessList;
  readonly config: ProxyConfig;
  readonly memory: SharedMemory;
  /** The cell in which it shows that it lives. */
  readonly beats: SharedArrayBuffer;
  readonly index: number;
}

/** What a worker is told. */
export type MessageToWorker =
  | { readonly kind: 'users'; readonly users: readonly User[] }
  | { readonly kind: 'make-room' }
  /** Stop accepting, let what is open end, and end. */
  | { readonly kind: 'close' }
  /** Reset what is still open. */
  | { readonly kind: 'abort' };

/** What a worker tells. */
export type MessageOfWorker =
  | { readonly kind: 'listening'; readonly port: number }
  /** It could not start, and ends. */
  | { readonly kind: 'failed'; readonly code: RouterErrorCode; readonly message: string; readonly remedy: string }
  /** Of the log. */
  | { readonly kind: 'lines'; readonly lines: string }
  | { readonly kind: 'ask-for-room' };
