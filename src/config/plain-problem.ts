import type { Problem, ProblemCode } from './config-error.ts';
import { plainVariables } from './variables.ts';

/** A problem of a variable that has no default and is no list. @param value as it was given; undefined when nothing was */
export function plainProblem(
  code: ProblemCode,
  variable: keyof typeof plainVariables,
  value: string | undefined,
  message: string,
): Problem {
  const { accepted } = plainVariables[variable];
  return { code, variable, line: undefined, value, message, accepted };
}
