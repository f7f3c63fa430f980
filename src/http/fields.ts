import { HttpError } from './http-error.ts';

/** Fields of a head or of a trailer section: names and values in turn, in order and as they came. Octets are characters (latin1). */
export type Fields = readonly string[];

/** A token (RFC 9110 5.6.2), to be put into a larger expression. */
export const token = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";

const fieldLine = new RegExp(`^(${token}):[ \\t]*(.*)$`, 's');

// RFC 9110 5.5. A CR or LF that is left when lines have been told apart by CRLF stands alone.
// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what it finds
const forbidden = /[\x00-\x08\x0a-\x1f\x7f]/;

/**
 * Parses field lines (RFC 9112 5), of which the CRLFs between them have been taken away. A folded line is refused.
 * @throws HttpError
 */
export function parseFields(lines: Iterable<string>): string[] {
  const fields: string[] = [];
  for (const line of lines) {
    const [, name, value] = fieldLine.exec(line) ?? [];
    if (name === undefined || value === undefined) throw new HttpError('a line of the head is no field');
    if (forbidden.test(value)) throw new HttpError(`the field ${name.slice(0, 50)} has a control character`);
    fields.push(name, trimEnd(value));
  }
  return fields;
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
  return valuesOf(fields, name).flatMap((value) =>
    value
      .toLowerCase()
      .split(',')
      .map((element) => element.trim()),
  );
}

/** Field lines as they go over the wire, each with its CRLF. */
export function formatFields(fields: Fields): string {
  let lines = '';
  for (let index = 0; index + 1 < fields.length; index += 2) lines += `${fields[index]}: ${fields[index + 1]}\r\n`;
  return lines;
}

// A pattern for it takes time that grows with the square of a run of spaces.
function trimEnd(value: string): string {
  let end = value.length;
  while (end > 0 && (value[end - 1] === ' ' || value[end - 1] === '\t')) end -= 1;
  return end === value.length ? value : value.slice(0, end);
}
