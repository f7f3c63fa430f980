import type { Run } from '../net/run.ts';
import { formatTransaction } from './format-transaction.ts';
import { isTooLong, NftError } from './nft-error.ts';
import { type PresentTable, readTable } from './read-table.ts';
import { diffElements, type ElementChanges, splitChanges, type Table } from './ruleset.ts';

/** What a sync led to. */
export interface SyncedTables {
  /** Whether anything is different now. */
  readonly changed: boolean;
  /** What `readFingerprint` gives as long as nobody changes the tables. */
  readonly fingerprint: string;
}

/**
 * Makes the kernel's tables equal to these, in one transaction where it fits. It is applied even where nothing differs, since only the kernel can tell
 * whether it does; packets and open connections do not notice.
 * @throws NftError; then nothing was changed, or only elements where they did not fit into one transaction
 */
export async function syncTables(run: Run, tables: readonly Table[]): Promise<SyncedTables> {
  const before = await readTables(run, tables);
  const changes = tables.map((table, index) => table.maps.map((map) => diffElements(map, before[index]?.elements.get(map.name) ?? [])));
  await applyChanges(run, tables, changes);
  const fingerprint = await readFingerprint(run, tables);
  return { changed: fingerprint !== joinFingerprints(before), fingerprint };
}

async function applyChanges(run: Run, tables: readonly Table[], changes: readonly (readonly ElementChanges[])[]): Promise<void> {
  try {
    await applyTransaction(run, formatTransaction(tables, changes));
  } catch (error) {
    if (!isTooLong(error)) throw error;
    // Chains and guards are whole from the first part on; only the elements come bit by bit.
    for (const part of splitChanges(changes, elementsPerPart)) await applyTransaction(run, formatTransaction(tables, part));
  }
}

/** An element takes about 100 bytes of a message, and net.core.wmem_max is 212,992 unless it was changed. */
const elementsPerPart = 500;

/** Equal for two readings when the tables are equal in all but counters. @throws NftError */
export async function readFingerprint(run: Run, tables: readonly Pick<Table, 'family' | 'name'>[]): Promise<string> {
  return joinFingerprints(await readTables(run, tables));
}

/**
 * Hands the text to `nft -f -`, which does all of it or nothing.
 * @throws NftError
 */
export async function applyTransaction(run: Run, text: string): Promise<void> {
  const result = await run('nft', ['-f', '-'], { input: text });
  if (result.code !== 0) throw new NftError('cannot apply the ruleset', result);
}

async function readTables(run: Run, tables: readonly Pick<Table, 'family' | 'name'>[]): Promise<PresentTable[]> {
  const present: PresentTable[] = [];
  for (const table of tables) present.push(await readTable(run, table));
  return present;
}

function joinFingerprints(tables: readonly PresentTable[]): string {
  return tables.map(({ fingerprint }) => fingerprint).join('\n');
}
