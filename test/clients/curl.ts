import type { Errand } from './twice.ts';

/** Options of every curl: no configuration file, no progress, no patterns in URLs. */
export const curlOptions = ['--disable', '--silent', '--show-error', '--globoff', '--max-time', '30'] as const;

/** Runs curl in one of its two ways. @returns what it wrote to standard output */
export function curl({ run, proxy, stage }: Errand, words: readonly string[], input: string | Uint8Array = ''): Promise<string> {
  const through = proxy === undefined ? [] : ['--proxy', proxy];
  return run('curl', [...curlOptions, '--cacert', stage.authority, ...through, ...words], { input });
}
