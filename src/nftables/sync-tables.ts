import type { Run } from '../net/run.ts';
import { formatTransaction } from './format-transaction.ts';
import { NftError } from './nft-error.ts';
import { readTable } from './read-table.ts';
import { diffElements, type Table } from './ruleset.ts';

/**
 * Makes the kernel's tables equal to these, in one transaction. It is applied even where nothing differs, since only the kernel can tell
 * whether it does; packets and open connections do not notice.
 * @returns whether anything is different now
 * @throws NftError; then nothing was changed
 */
export async function syncTables(run: Run, tables: readonly Table[]): Promise<boolean> {
  const before = await readTables(run, tables);
  const changes = tables.map((table, index) => table.maps.map((map) => diffElements(map, before[index]?.elements.get(map.name) ?? [])));
  await applyTransaction(run, formatTransaction(tables, changes));
  const after = await readTables(run, tables);
  return after.some(({ fingerprint }, index) => fingerprint !== before[index]?.fingerprint);
}

/**
 * Hands the text to `nft -f -`, which does all of it or nothing.
 * @throws NftError
 */
export async function applyTransaction(run: Run, text: string): Promise<void> {
  const result = await run('nft', ['-f', '-'], { input: text });
  if (result.code !== 0) throw new NftError('cannot apply the ruleset', result);
}

async function readTables(run: Run, tables: readonly Table[]) {
  const present = [];
  for (const table of tables) present.push(await readTable(run, table));
  return present;
}
