import type { Run } from '../net/run.ts';
import { isMissing, NftError } from './nft-error.ts';
import type { MapElement, Table } from './ruleset.ts';

/** What the kernel has of a table. */
export interface PresentTable {
  /** By the name of the map. */
  readonly elements: ReadonlyMap<string, readonly MapElement[]>;
  /**
   * Equal for two readings when chains, rules, maps and elements are equal; counters and handles do not count. Only readings can be compared
   * with one another: nft prints other words than it was given (`th dport` as `tcp dport`).
   */
  readonly fingerprint: string;
}

/**
 * Reads a table. One that does not exist is empty.
 * @throws NftError
 */
export async function readTable(run: Run, table: Pick<Table, 'family' | 'name'>): Promise<PresentTable> {
  const result = await run('nft', ['-s', '-j', 'list', 'table', table.family, table.name]);
  if (result.code === 0) return parseTable(result.stdout);
  const error = new NftError(`cannot read table ${table.family} ${table.name}`, result);
  if (isMissing(error)) return { elements: new Map(), fingerprint: '' };
  throw error;
}

/** Parses what `nft -j list table` prints (libnftables-json(5)). */
export function parseTable(json: string): PresentTable {
  const objects = (JSON.parse(json) as { nftables: readonly ListedObject[] }).nftables;
  const elements = new Map<string, readonly MapElement[]>();
  const kept: unknown[] = [];
  for (const object of objects) {
    if (object.metainfo !== undefined) continue;
    if (object.map !== undefined) {
      const { elem = [], ...declaration } = object.map;
      const present = elem.map(parseElement).sort((a, b) => (a.key < b.key ? -1 : 1));
      elements.set(object.map.name, present);
      kept.push({ map: declaration, elem: present });
    } else kept.push(object);
  }
  return { elements, fingerprint: JSON.stringify(kept, (name, value) => (name === 'handle' ? undefined : value)) };
}

interface ListedObject {
  readonly metainfo?: unknown;
  readonly map?: { readonly name: string; readonly elem?: readonly (readonly [ListedTerm, ListedTerm])[] };
}

type ListedTerm =
  | string
  | number
  | { readonly concat: readonly ListedTerm[] }
  | { readonly range: readonly [number, number] }
  | ListedValue;

/** An element that carries a counter, a comment or a timeout. */
interface ListedValue {
  readonly elem: { readonly val: ListedTerm };
}

function parseElement([key, value]: readonly [ListedTerm, ListedTerm]): MapElement {
  return { key: formatTerm(key), value: formatTerm(value) };
}

function formatTerm(term: ListedTerm): string {
  if (typeof term !== 'object') return String(term);
  if ('concat' in term) return term.concat.map(formatTerm).join(' . ');
  if ('range' in term) return term.range.join('-');
  return formatTerm(term.elem.val);
}
