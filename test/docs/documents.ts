import { globSync } from 'node:fs';

/** Every document of this checkout, as a path from its root. */
export const documents: readonly string[] = [
  'README.md',
  'ARCHITECTURE.md',
  ...globSync('docs/*.md'),
  ...globSync('{deploy,lab}/**/README.md'),
];
