import type { RunResult } from '../net/run.ts';

/** nft ended with something else than 0. What it was about is asked with the predicates below, never by the text. */
export class NftError extends Error {
  override readonly name = 'NftError';
  readonly result: RunResult;

  constructor(action: string, result: RunResult) {
    super(`${action}: ${result.stderr.trim() || `nft ended with ${result.code}`}`);
    this.result = result;
  }
}

/** Whether the table, chain or map that was asked for does not exist. */
export function isMissing(error: unknown): boolean {
  return error instanceof NftError && error.result.stderr.includes('No such file or directory');
}

/**
 * Whether the transaction does not fit into one netlink message. In the first user namespace nft makes its buffer as large as is needed; in others, such as that of
 * a pod with `hostUsers: false`, the limit is the sysctl net.core.wmem_max.
 */
export function isTooLong(error: unknown): boolean {
  return error instanceof NftError && error.result.stderr.includes('Message too long');
}
