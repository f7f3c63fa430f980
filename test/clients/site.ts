import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';

/** Fills a folder with files to be fetched: bytes that do not repeat, so that a part in the wrong place is seen, text that can be compressed, and nothing at all. */
export async function makeSite(folder: string): Promise<void> {
  const lines = Array.from({ length: 4_000 }, (_, index) => `line ${index} of a text that is much shorter when it is compressed\n`);
  const files = { big: randomBytes(3 * 1024 * 1024), small: randomBytes(1_000), empty: '', 'text.txt': lines.join('') };
  await Promise.all(Object.entries(files).map(([name, content]) => writeFile(`${folder}/${name}`, content)));
}
