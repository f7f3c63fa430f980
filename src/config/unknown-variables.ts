import type { Environment } from './list-source.ts';
import { isServiceVariable } from './service-link.ts';
import { plainVariables, settingVariables } from './variables.ts';

const known: readonly string[] = [...Object.keys(plainVariables), ...Object.values(settingVariables).map(({ name }) => name)];

/** Insertions, deletions and replacements of a character that a misspelt name may be away from the right one. */
const mostEdits = 2;

/**
 * Notices of variables that look like ours and are none. No problems, since manifests for the original images may have others; but a limit that
 * nobody reads, such as EGRESS_HTTP_PROXY_CLIENT, leaves open what it was to shut.
 */
export function noticeUnknownVariables(env: Environment): readonly string[] {
  return Object.entries(env).flatMap(([name, value = '']) => {
    // The name goes to a terminal.
    if (!/^EGRESS_[\x21-\x7e]*$/.test(name) || known.includes(name) || isServiceVariable(name, value)) return [];
    const meant = findNearest(name);
    return `${name} is no variable of the router${meant === undefined ? '' : `; ${meant} is`}`;
  });
}

/** The name that a few edits lead to; else the one that goes on behind it, where there is one only; else the longest that it goes on behind. */
function findNearest(name: string): string | undefined {
  const near = known
    .filter((each) => Math.abs(each.length - name.length) <= mostEdits)
    .map((each) => ({ each, edits: countEdits(name, each) }))
    .filter(({ edits }) => edits <= mostEdits)
    .toSorted((a, b) => a.edits - b.edits);
  if (near[0] !== undefined) return near[0].each;
  const longer = known.filter((each) => each.startsWith(`${name}_`));
  if (longer.length === 1) return longer[0];
  return known.filter((each) => name.startsWith(`${each}_`)).toSorted((a, b) => b.length - a.length)[0];
}

/** Levenshtein's distance, a row for each character of `a`. */
function countEdits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [line, character] of [...a].entries()) {
    const next = [line + 1];
    for (const [index, other] of [...b].entries()) {
      const replaced = (row[index] ?? 0) + (character === other ? 0 : 1);
      next.push(Math.min(replaced, (row[index + 1] ?? 0) + 1, (next[index] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
