import type { Chain, ElementChanges, MapElement, NftMap, Table } from './ruleset.ts';

/**
 * The text for `nft -f` that makes the tables so, all at once or not at all. Chains are flushed and refilled; maps keep every element that
 * `changes` does not name, and with it its counter; a table is never deleted, so open connections live through it.
 * @param changes for each table, in the same order, the elements to take out and to put in
 */
export function formatTransaction(tables: readonly Table[], changes: readonly (readonly ElementChanges[])[]): string {
  return tables.map((table, index) => formatTable(table, changes[index] ?? [])).join('');
}

/** The changes that fill every map of an empty table. */
export function fillMaps(table: Table): ElementChanges[] {
  return table.maps.map((map) => ({ map: map.name, removed: [], added: map.elements }));
}

function formatTable(table: Table, changes: readonly ElementChanges[]): string {
  const lines = [
    // Declared first, without rules: for what exists already this changes nothing.
    `table ${table.family} ${table.name} {`,
    ...table.maps.flatMap(declareMap),
    ...table.chains.flatMap(declareChain),
    '}',
    ...table.chains.map(({ name }) => `flush chain ${table.family} ${table.name} ${name}`),
    // All removals come first: a range can be added only when those that it overlaps are gone.
    ...changes.flatMap(({ map, removed }) =>
      elementCommand(
        'delete',
        table,
        map,
        removed.map(({ key }) => key),
      ),
    ),
    ...changes.flatMap(({ map, added }) => elementCommand('add', table, map, added.map(formatElement))),
    `table ${table.family} ${table.name} {`,
    ...table.chains.flatMap(fillChain),
    '}',
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function declareMap(map: NftMap): string[] {
  const flags = map.intervals ? ['\t\tflags interval'] : [];
  return [`\tmap ${map.name} {`, `\t\ttype ${map.key} : ${map.value}`, ...flags, '\t}'];
}

function declareChain(chain: Chain): string[] {
  return [
    `\tchain ${chain.name} {`,
    `\t\ttype ${chain.type} hook ${chain.hook} priority ${chain.priority}; policy ${chain.policy};`,
    '\t}',
  ];
}

function fillChain(chain: Chain): string[] {
  if (chain.rules.length === 0) return [];
  return [`\tchain ${chain.name} {`, ...chain.rules.map((rule) => `\t\t${rule}`), '\t}'];
}

function elementCommand(verb: 'add' | 'delete', table: Table, map: string, elements: readonly string[]): string[] {
  if (elements.length === 0) return [];
  return [`${verb} element ${table.family} ${table.name} ${map} {`, elements.map((element) => `\t${element}`).join(',\n'), '}'];
}

function formatElement({ key, value }: MapElement): string {
  return `${key} : ${value}`;
}
