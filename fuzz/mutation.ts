import fc from 'fast-check';

/** One change to a text: where it happens, as a part of its length, and what. */
interface Change {
  readonly at: number;
  readonly kind: 'insert' | 'remove' | 'replace' | 'repeat';
  readonly length: number;
  readonly text: string;
}

/** What parsers stumble over. */
const crumbs = [
  '\0',
  '\n',
  '\r',
  '\r\n',
  '\r\n\r\n',
  ' ',
  '\t',
  ':',
  ';',
  ',',
  '.',
  '@',
  '%',
  '#',
  '\\',
  '/',
  '[',
  '"',
  '\x7f',
  '\x80',
  '\xff',
  'x',
  '0',
  '-',
  '+',
];

/** Texts (latin1) that differ from those given in up to `maxChanges` places; more often than not in none, so that layers of them leave something whole. */
export function mutated(texts: fc.Arbitrary<string>, maxChanges: number, morsels: readonly string[] = []): fc.Arbitrary<string> {
  const change: fc.Arbitrary<Change> = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    kind: fc.constantFrom('insert', 'remove', 'replace', 'repeat'),
    length: fc.integer({ min: 1, max: 12 }),
    text: fc.constantFrom(...crumbs, ...morsels),
  });
  const changes = fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(change, { minLength: 1, maxLength: maxChanges }) },
  );
  return fc.tuple(texts, changes).map(([text, list]) => list.reduce(apply, text));
}

function apply(text: string, { at, kind, length, text: morsel }: Change): string {
  const start = Math.round(at * text.length);
  const end = start + length;
  switch (kind) {
    case 'insert':
      return text.slice(0, start) + morsel + text.slice(start);
    case 'remove':
      return text.slice(0, start) + text.slice(end);
    case 'replace':
      return text.slice(0, start) + morsel + text.slice(start + morsel.length);
    case 'repeat':
      return text.slice(0, end) + text.slice(start);
  }
}

/** The same texts, cut into one to four pieces. */
export function cut(texts: fc.Arbitrary<string>): fc.Arbitrary<string[]> {
  const places = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 3 });
  return fc.tuple(texts, places).map(([text, list]) => {
    const ends = [...list.map((place) => Math.round(place * text.length)).sort((a, b) => a - b), text.length];
    return ends.map((end, index) => text.slice(ends[index - 1] ?? 0, end)).filter((piece) => piece !== '');
  });
}
