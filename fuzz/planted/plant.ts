import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

/**
 * Puts a bug into the sources of this process as they are loaded: in that file (from the top of the repository), `sound` becomes `broken`. To be
 * imported before the program, by `--import`.
 * @throws Error when the file does not have that text exactly once, as after a change that moved it
 */
export function plant(file: string, sound: string, broken: string): void {
  const { href } = new URL(`../../${file}`, import.meta.url);
  const source = readFileSync(new URL(href), 'utf8');
  if (source.split(sound).length !== 2) throw new Error(`${file} has no one place for the planted bug: ${sound}`);
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      return url === href ? { ...loaded, source: source.replace(sound, () => broken) } : loaded;
    },
  });
}
