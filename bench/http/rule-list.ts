/**
 * A list of so many lines of which only the last one allows `name`: names, wildcards and prefixes by turns, one in ten of them denying, none of which
 * matches it or its address.
 */
export function makeRuleList(count: number, name: string): string[] {
  return [...Array.from({ length: count - 1 }, (_, index) => (index % 10 === 9 ? '!' : '') + makePattern(index)), name];
}

function makePattern(index: number): string {
  switch (index % 3) {
    case 0:
      return `host-${index}.example.net`;
    case 1:
      return `*.domain-${index}.example.org`;
    default:
      return `20.${index >> 8}.${index & 255}.0/24`;
  }
}
