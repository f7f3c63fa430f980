import { escapeControls } from './escape-controls.ts';

/** One thing that is wrong with the configuration. */
export interface Problem {
  /** A code of docs/errors.md. */
  readonly code: ProblemCode;
  readonly variable: string;
  /** Line within a list, counted from 1; undefined for a variable that is no list. */
  readonly line: number | undefined;
  /** What was given, as it was given; undefined when nothing was. */
  readonly value: string | undefined;
  /** What is wrong, in the original's words where it had words for it. */
  readonly message: string;
  /** What is accepted instead. */
  readonly accepted: string;
}

/** All codes of problems; docs/errors.md has a row for each. */
export const problemCodes = [
  'MODE_UNKNOWN',
  'ROLE_AMBIGUOUS',
  'SOURCE_INVALID',
  'GATEWAY_INVALID',
  'LIST_MISSING',
  'LIST_GIVEN_TWICE',
  'LIST_UNREADABLE',
  'LINE_INVALID',
  'PORT_INVALID',
  'PORT_DUPLICATE',
  'FALLBACK_NOT_LAST',
  'WILDCARD_NOT_LAST',
  'FAMILY_WITHOUT_SOURCE',
  'SETTING_INVALID',
  'HEALTH_PORT_TAKEN',
] as const;

/** What kind of problem it is. */
export type ProblemCode = (typeof problemCodes)[number];

/** What a parser of configuration returns: `value` holds what was right, or defaults, and is for use only where there are no problems. */
export interface Parsed<T> {
  readonly value: T;
  readonly problems: readonly Problem[];
}

/** The same, with sentences for the log about what was decided on the user's behalf. */
export interface ParsedWithNotices<T> extends Parsed<T> {
  readonly notices: readonly string[];
}

/** Every problem of one configuration, at once. The process that gets it exits with 2, or keeps the last good configuration. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(formatProblem).join('\n'));
    this.problems = problems;
  }
}

/** `VARIABLE:LINE: what is wrong (what is accepted)`, on one line whatever was in the value. */
export function formatProblem(problem: Problem): string {
  const place = problem.line === undefined ? problem.variable : `${problem.variable}:${problem.line}`;
  return escapeControls(`${place}: ${problem.message} (accepted: ${problem.accepted}) [${problem.code}]`);
}
