import { HttpError } from './http-error.ts';

/** Fields of a head or of a trailer section: names and values in turn, in order and as they came. Octets are characters (latin1). */
export type Fields = readonly string[];

/** A token (RFC 9110 5.6.2), to be put into a larger expression. */
export const token = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";

/** Between the lines of a head. */
export const lineEnd = '\r\n';

const fieldName = new RegExp(`^${token}$`);

// RFC 9110 5.5. A CR or LF that is left when lines have been told apart by CRLF stands alone.
// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what it finds
const forbidden = /[\x00-\x08\x0a-\x1f\x7f]/;

/**
 * Parses field lines (RFC 9112 5) with CRLFs between them. A folded line is refused.
 * @param from where the first one begins; beyond the end there is none
 * @throws HttpError
 */
export function parseFields(text: string, from = 0): string[] {
  const fields: string[] = [];
  for (let at = from, end = at; at <= text.length; at = end + lineEnd.length) {
    end = endOfLine(text, at);
    const line = text.slice(at, end);
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(0, colon));
    if (!fieldName.test(name)) throw new HttpError('a line of the head is no field');
    if (forbidden.test(line)) throw new HttpError(`the field ${name.slice(0, 50)} has a control character`);
    fields.push(name, trim(line, colon + 1));
  }
  return fields;
}

/** Where the line ends that begins there: at its CRLF, which the last one has not. */
export function endOfLine(text: string, at: number): number {
  const end = text.indexOf(lineEnd, at);
  return end === -1 ? text.length : end;
}

/** The values of a field, by its name in lower case. */
export function valuesOf(fields: Fields, name: string): string[] {
  const values: string[] = [];
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const field = fields[index];
    if (field?.length === name.length && field.toLowerCase() === name) values.push(fields[index + 1] ?? '');
  }
  return values;
}

/** The elements of a field that is a list of tokens (RFC 9110 5.6.1), in lower case, over all lines that it has. */
export function elementsOf(fields: Fields, name: string): string[] {
  const elements: string[] = [];
  for (const value of valuesOf(fields, name)) {
    const list = value.toLowerCase();
    for (const element of list.includes(',') ? list.split(',') : [list]) elements.push(element.trim());
  }
  return elements;
}

/** Field lines as they go over the wire, each with its CRLF. */
export function formatFields(fields: Fields): string {
  let lines = '';
  for (let index = 0; index + 1 < fields.length; index += 2) lines += `${fields[index]}: ${fields[index + 1]}\r\n`;
  return lines;
}

/** The value without the spaces and tabs around it. A pattern for it takes time that grows with the square of a run of spaces. */
function trim(line: string, from: number): string {
  let start = from;
  let end = line.length;
  while (start < end && isBlank(line, start)) start += 1;
  while (end > start && isBlank(line, end - 1)) end -= 1;
  return line.slice(start, end);
}

function isBlank(line: string, at: number): boolean {
  return line[at] === ' ' || line[at] === '\t';
}
