import type { Parsed, Problem } from './config-error.ts';

/** Variables as process.env has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The variables that hold a list; each has a twin with `_FILE` behind it, which holds the path of a file instead. */
export type ListVariable = 'EGRESS_DESTINATION' | 'EGRESS_HTTP_PROXY_DESTINATION' | 'EGRESS_DNS_PROXY_DESTINATION';

/** The text of a list, and the variable that it came by: the list's own or its twin. */
export interface ListSource {
  readonly variable: string;
  readonly text: string;
}

/** One line that says something. `words` has at least one. */
export interface Line {
  /** Counted from 1, blank lines and comments included, as an editor does. */
  readonly line: number;
  /** Trimmed. */
  readonly text: string;
  readonly words: readonly [string, ...string[]];
}

/** Whether the list or its twin is set. A list set to nothing counts, so that it is reported; a twin set to nothing does not. */
export function isListGiven(env: Environment, name: ListVariable): boolean {
  return env[name] !== undefined || isSet(env[`${name}_FILE`]);
}

/**
 * The list's text from the variable or from the file that its twin names; value undefined where neither is set, or where there is a problem.
 * @param readFile throws what fs.readFileSync throws
 */
export function readListSource(env: Environment, name: ListVariable, readFile: (path: string) => string): Parsed<ListSource | undefined> {
  const literal = env[name];
  const twin = `${name}_FILE`;
  const path = env[twin]?.trim();
  if (!isSet(path)) return { value: literal === undefined ? undefined : { variable: name, text: literal }, problems: [] };
  if (isSet(literal)) {
    return refuse({
      code: 'LIST_GIVEN_TWICE',
      variable: twin,
      line: undefined,
      value: path,
      message: `${name} is set too`,
      accepted: `either ${name} or ${twin}`,
    });
  }
  return readFileSource({ variable: twin, path, accepted: 'the path of a file that this process can read' }, readFile);
}

/**
 * The text of the file that a variable names; value undefined, and a problem, where it cannot be read.
 * @param readFile throws what fs.readFileSync throws
 */
export function readFileSource(
  { variable, path, accepted }: { readonly variable: string; readonly path: string; readonly accepted: string },
  readFile: (path: string) => string,
): Parsed<ListSource | undefined> {
  try {
    return { value: { variable, text: readFile(path) }, problems: [] };
  } catch (error) {
    const message = `cannot read '${path}': ${error instanceof Error ? error.message : error}`;
    return refuse({ code: 'LIST_UNREADABLE', variable, line: undefined, value: path, message, accepted });
  }
}

/** The lines of a list without blank lines and comments. A comment has a line of its own. */
export function splitLines(text: string): readonly Line[] {
  return text.split('\n').flatMap((raw, index) => {
    const trimmed = raw.trim();
    const [first, ...rest] = trimmed.split(/\s+/);
    if (first === undefined || first === '' || first.startsWith('#')) return [];
    return [{ line: index + 1, text: trimmed, words: [first, ...rest] }];
  });
}

function isSet(text: string | undefined): text is string {
  return text !== undefined && text.trim() !== '';
}

function refuse(problem: Problem): Parsed<undefined> {
  return { value: undefined, problems: [problem] };
}
