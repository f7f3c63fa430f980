import type { Run, RunResult } from '../net/run.ts';
import { RouterError } from '../router-error.ts';

/** Starts `words[0]` with the other words as arguments and gives its output. @throws RouterError when it does not end with 0 */
export async function runCommand(run: Run, words: readonly string[]): Promise<string> {
  const [command = '', ...args] = words;
  const result = await run(command, args);
  if (result.code !== 0) throw commandError(words, result);
  return result.stdout;
}

/** What a failed program means. */
export function commandError(words: readonly string[], result: RunResult, cause?: Error): RouterError {
  const line = `'${words.join(' ')}'`;
  const said = result.stderr.trim() || result.stdout.trim() || `exit code ${result.code}`;
  const options = cause === undefined ? {} : { cause };
  if (result.code === 127) {
    return new RouterError(
      'PROGRAM_MISSING',
      `cannot start ${line}: ${said}`,
      'install it: the image has iproute2, nftables, iputils-arping, iputils-ping and conntrack',
      options,
    );
  }
  if (/not permitted|permission denied|must be root|cap_net/i.test(said)) {
    const remedy = 'give the container runAsUser: 0 and the capabilities NET_ADMIN and NET_RAW (securityContext), or make it privileged';
    return new RouterError('PERMISSION_DENIED', `${line} was refused: ${said}`, remedy, options);
  }
  return new RouterError(
    'KERNEL_REFUSED',
    `${line} failed: ${said}`,
    'see what the message says; the plan shows every command that is run',
    options,
  );
}
