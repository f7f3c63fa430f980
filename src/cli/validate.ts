import { parseEnv } from 'node:util';
import { ConfigError } from '../config/config-error.ts';
import { parseRouterConfig } from '../config/parse-router-config.ts';
import type { Effects, ExitCode } from './effects.ts';

/** What `validate` was asked. */
export interface ValidateOptions {
  /** Variables as NAME=VALUE lines; undefined = the environment. */
  readonly file: string | undefined;
  /** undefined = as the variables tell. */
  readonly role: 'setup' | 'run' | undefined;
  readonly json: boolean;
}

/**
 * Reports every problem of the configuration on standard output: as text, or as `{ valid, problems, notices }`. Touches nothing.
 * @returns 2 where there is a problem
 */
export function validate(options: ValidateOptions, effects: Effects): ExitCode {
  const env = options.file === undefined ? effects.env : readVariables(options.file, effects);
  const { problems, notices } = check(env, options.role, effects);
  const valid = problems.length === 0;
  if (options.json) {
    effects.print(`${JSON.stringify({ valid, problems, notices }, null, 2)}\n`);
  } else if (valid) {
    effects.print(['The configuration is valid.', ...notices].map((line) => `${line}\n`).join(''));
  } else {
    effects.print(`${new ConfigError(problems).message}\n`);
  }
  return valid ? 0 : 2;
}

function check(env: Effects['env'], command: ValidateOptions['role'], effects: Effects) {
  try {
    const { notices } = parseRouterConfig({ env, command, readFile: effects.readFile });
    return { problems: [], notices };
  } catch (error) {
    if (error instanceof ConfigError) return { problems: error.problems, notices: [] };
    throw error;
  }
}

function readVariables(file: string, effects: Effects): Effects['env'] {
  try {
    return parseEnv(effects.readFile(file));
  } catch (error) {
    const accepted = 'a readable file of NAME=VALUE lines';
    const message = `cannot read it: ${error instanceof Error ? error.message : error}`;
    throw new ConfigError([{ code: 'LIST_UNREADABLE', variable: 'FILE', line: undefined, value: file, message, accepted }]);
  }
}
