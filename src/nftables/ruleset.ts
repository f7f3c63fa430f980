/** A table with everything that belongs in it. What else the table holds (chains of another version) is left alone. */
export interface Table {
  readonly family: 'inet' | 'arp';
  readonly name: string;
  readonly maps: readonly NftMap[];
  readonly chains: readonly Chain[];
}

/** A base chain. `rules` are nft statements, in order. nft 1.0.6 takes no chain named `dnat`, `snat` or `dst`. */
export interface Chain {
  readonly name: string;
  readonly type: 'filter' | 'nat' | 'route';
  readonly hook: 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting';
  /** A number, or a standard name with an offset, such as `dstnat - 10`. */
  readonly priority: string;
  readonly policy: 'accept' | 'drop';
  readonly rules: readonly string[];
}

/** A named map. `key` and `value` are nft data types, such as `inet_proto . inet_service`. */
export interface NftMap {
  readonly name: string;
  readonly key: string;
  readonly value: string;
  /** Whether keys may be ranges. */
  readonly intervals: boolean;
  readonly elements: readonly MapElement[];
}

/** One entry of a map, both sides as nft writes them: `tcp . 80` and `192.0.2.1 . 8080`. Equal texts are equal elements. */
export interface MapElement {
  readonly key: string;
  readonly value: string;
}

/** What is to be taken out of one map of one table, and what is to be put in. */
export interface ElementChanges {
  readonly map: string;
  readonly removed: readonly MapElement[];
  readonly added: readonly MapElement[];
}

/** What leads from the elements that a map has to those that it should have. A key whose value differs is removed and added. */
export function diffElements(map: NftMap, present: readonly MapElement[]): ElementChanges {
  return {
    map: map.name,
    removed: without(present, map.elements),
    added: without(map.elements, present),
  };
}

function without(elements: readonly MapElement[], others: readonly MapElement[]): MapElement[] {
  const values = new Map(others.map(({ key, value }) => [key, value]));
  return elements.filter(({ key, value }) => values.get(key) !== value);
}

/**
 * Splits changes into parts that name at most `size` elements each. Removals come before additions: a range can be added only when those that it
 * overlaps are gone.
 */
export function splitChanges(changes: readonly (readonly ElementChanges[])[], size: number): (readonly (readonly ElementChanges[])[])[] {
  const verbs = ['removed', 'added'] as const;
  return verbs.flatMap((verb) =>
    changes.flatMap((ofTable, table) =>
      ofTable.flatMap((ofMap) => {
        const starts = Array.from({ length: Math.ceil(ofMap[verb].length / size) }, (_, part) => part * size);
        return starts.map((start) => {
          const part = { map: ofMap.map, removed: [], added: [], [verb]: ofMap[verb].slice(start, start + size) };
          return changes.map((_, index) => (index === table ? [part] : []));
        });
      }),
    ),
  );
}
