/** A failure that is not the configuration's: of the node, the network or a program that we start. The process that gets it exits with 1. */
export class RouterError extends Error {
  override readonly name = 'RouterError';
  /** A code of docs/errors.md. */
  readonly code: RouterErrorCode;
  /** What the reader should do. */
  readonly remedy: string;

  constructor(code: RouterErrorCode, message: string, remedy: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.remedy = remedy;
  }
}

/** All codes of failures; docs/errors.md has a row for each. */
export const routerErrorCodes = [
  'PROGRAM_MISSING',
  'PERMISSION_DENIED',
  'INTERFACE_MISSING',
  'FORWARDING_OFF',
  'ADDRESS_IN_USE',
  'KERNEL_REFUSED',
  'GATEWAY_UNREACHABLE',
  'LISTEN_FAILED',
] as const;

/** What kind of failure it is. */
export type RouterErrorCode = (typeof routerErrorCodes)[number];
