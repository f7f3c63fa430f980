import type { Run, RunResult } from '../net/run.ts';
import type { NetworkEffects } from './network-effects.ts';

/** A line that was logged. */
export interface LoggedLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly fields: unknown;
  readonly message: string | undefined;
}

/** Effects for unit tests: nothing happens but that it is written down. */
export interface ScriptedEffects extends NetworkEffects {
  /** The command lines that were run. */
  readonly commands: readonly string[];
  readonly lines: readonly LoggedLine[];
  readonly sysctls: Map<string, string>;
}

/**
 * Effects whose programs answer from a script; a program that is not in it succeeds and prints nothing. The clock moves only while somebody sleeps.
 * @param answer gives what a command line prints, or how it ends
 */
export function scriptedEffects(answer: (line: string) => string | Partial<RunResult> | undefined = () => undefined): ScriptedEffects {
  const commands: string[] = [];
  const lines: LoggedLine[] = [];
  const sysctls = new Map<string, string>();
  let now = 0;
  const log = (level: LoggedLine['level']) => (fields: unknown, message?: string) => {
    lines.push({ level, fields, message });
  };
  const run: Run = async (command, args) => {
    const line = [command, ...args].join(' ');
    commands.push(line);
    const result = answer(line);
    return { code: 0, stdout: '', stderr: '', ...(typeof result === 'string' ? { stdout: result } : result) };
  };
  return {
    commands,
    lines,
    sysctls,
    run,
    read: run,
    log: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
    readSysctl: (path) => sysctls.get(path),
    writeSysctl: (path, value) => {
      if (!sysctls.has(path)) throw new Error(`ENOENT: no such file or directory, open '/proc/sys/${path}'`);
      sysctls.set(path, value);
    },
    sleep: async (milliseconds) => {
      now += milliseconds;
    },
    now: () => now,
  };
}
