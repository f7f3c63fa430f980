/** The command words that start a program in a sandbox; see sandbox.mjs. */
export function sandboxWords(): string[];
