import { domainToASCII } from 'node:url';

/**
 * Parses a host name into its one canonical form: A-labels (RFC 5890) in lower case, no trailing dot; undefined for all else.
 * A label has 1 to 63 letters, digits, hyphens or underscores, the name at most 253 characters (RFC 1035 2.3.4; underscores occur in
 * names that people do use). Unicode is mapped as in URLs (UTS 46).
 * An address is no name, and neither is what some resolver takes for one: `127.1`, `0x7f.1`, `2130706433`, also in fullwidth digits.
 */
export function parseHostName(text: string): string | undefined {
  // domainToASCII parses a URL's host: it decodes percent signs and drops a path, so it never gets to see other ASCII than this.
  if (!/^[a-zA-Z0-9._\-\u0080-\uffff]+$/.test(text)) return undefined;
  const ascii = /[\u0080-\uffff]/.test(text) ? domainToASCII(text) : text.toLowerCase();
  const name = ascii.endsWith('.') ? ascii.slice(0, -1) : ascii;
  const labels = name.split('.');
  if (name.length > 253 || !labels.every((label) => /^[a-z0-9_-]{1,63}$/.test(label))) return undefined;
  return isNumber(labels.at(-1) ?? '') ? undefined : name;
}

// https://url.spec.whatwg.org/#ends-in-a-number-checker
function isNumber(label: string): boolean {
  return /^(\d+|0x[0-9a-f]*)$/.test(label);
}
