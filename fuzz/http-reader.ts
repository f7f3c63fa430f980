/** A field of a message: its name as it came, and its value. */
export type Field = readonly [name: string, value: string];

/** What a strict reader makes of the start of a byte stream (as latin1). `incomplete`: so far it begins a message. `bad`: it never will be one. */
export type Read<Message> =
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'bad'; readonly fault: string }
  | { readonly kind: 'whole'; readonly message: Message; readonly rest: string };

/** A request, with its body decoded. */
export interface RequestMessage {
  readonly method: string;
  readonly target: string;
  readonly fields: readonly Field[];
  readonly body: string;
}

/** The requests of one stream. */
export interface CountedRequests {
  readonly begun: number;
  readonly whole: readonly RequestMessage[];
  /** What is wrong where it is not one request behind the other. */
  readonly fault: string | undefined;
}

/** A final response, with its body decoded. */
export interface ResponseMessage {
  readonly status: number;
  readonly fields: readonly Field[];
  readonly body: string;
  /** Informational responses that came before it. */
  readonly informational: readonly number[];
}

/** Whether CR and LF before a message are passed over, as a server does before a request: they are no part of any message. What the proxy itself writes has none. */
export type EmptyLines = 'refused' | 'skipped';

interface Head {
  readonly start: RegExpExecArray;
  readonly fields: readonly Field[];
  readonly rest: string;
}

/**
 * Reads one HTTP/1.1 request as RFC 9112 spells it, and takes nothing else: the fuzz campaign's own opinion of what the proxy writes, which
 * shares no code with the proxy or its parsers.
 */
export function readRequest(text: string): Read<RequestMessage> {
  const head = readHead(text, /^([A-Z][A-Z-]*) ([!-~]+) HTTP\/1\.1$/);
  if (head.kind !== 'whole') return head;
  const { start, fields, rest } = head.message;
  const [, method = '', target = ''] = start;
  const body = readBody(fields, rest, 'none', false);
  return body.kind === 'whole' ? { ...body, message: { method, target, fields, body: body.message } } : body;
}

/** How many requests begin in a stream, the last of them perhaps without all of its body; or what is wrong with it. */
export function countRequests(text: string, emptyLines: EmptyLines = 'refused'): CountedRequests {
  const whole: RequestMessage[] = [];
  for (let rest = text; ; ) {
    if (emptyLines === 'skipped') rest = skipEmptyLines(rest);
    const read = readRequest(rest);
    if (read.kind === 'bad') return { begun: whole.length + 1, whole, fault: `${read.fault}: ${JSON.stringify(rest.slice(0, 300))}` };
    if (read.kind === 'incomplete') return { begun: whole.length + (rest === '' ? 0 : 1), whole, fault: undefined };
    whole.push(read.message);
    rest = read.rest;
  }
}

/**
 * Reads one response to a request of this method, with the informational ones before it.
 * @param ended nothing more comes, which ends a body that has no other end
 */
export function readResponse(text: string, method: string, ended: boolean): Read<ResponseMessage> {
  const informational: number[] = [];
  for (let unread = text; ; ) {
    const head = readHead(unread, /^HTTP\/1\.([01]) ([1-9]\d\d) ([\t -~\x80-\xff]*)$/);
    if (head.kind !== 'whole') return head;
    const { start, fields, rest } = head.message;
    const status = Number(start[2]);
    if (status === 101) return bad('a switch of protocols');
    if (status >= 600) return bad(`the status ${status}`);
    if (start[1] === '0' && valuesOf(fields, 'transfer-encoding').length > 0) return bad('Transfer-Encoding in HTTP/1.0');
    const bodiless = method === 'HEAD' || status < 200 || status === 204 || status === 304;
    const body = readBody(fields, rest, bodiless ? 'none' : 'to-end', ended, bodiless);
    if (body.kind !== 'whole') return body;
    if (status >= 200) return { ...body, message: { status, fields, body: body.message, informational } };
    informational.push(status);
    unread = body.rest;
  }
}

/** Values of a field, by its name in lower case. */
export function valuesOf(fields: readonly Field[], name: string): string[] {
  return fields.filter(([each]) => each.toLowerCase() === name).map(([, value]) => value);
}

function skipEmptyLines(text: string): string {
  return text.replace(/^[\r\n]+/, '');
}

function readHead(text: string, startLine: RegExp): Read<Head> {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return { kind: 'incomplete' };
  const [first = '', ...lines] = text.slice(0, end).split('\r\n');
  const start = startLine.exec(first);
  if (start === null) return bad('no start line');
  const fields = readFields(lines);
  return typeof fields === 'string' ? bad(fields) : { kind: 'whole', message: { start, fields, rest: text.slice(end + 4) }, rest: '' };
}

function readFields(lines: readonly string[]): readonly Field[] | string {
  const fields: Field[] = [];
  for (const line of lines) {
    const [, name = '', value = ''] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[\t ]*([\t -~\x80-\xff]*?)[\t ]*$/.exec(line) ?? [];
    if (name === '') return 'no field line';
    fields.push([name, value]);
  }
  return fields;
}

function readBody(fields: readonly Field[], text: string, otherwise: 'none' | 'to-end', ended: boolean, bodiless = false): Read<string> {
  const lengths = valuesOf(fields, 'content-length');
  const codings = valuesOf(fields, 'transfer-encoding');
  if (lengths.length + codings.length > 1) return bad('more than one framing');
  if (lengths.some((value) => !/^\d{1,18}$/.test(value))) return bad('a length that is none');
  if (codings.some((value) => value.toLowerCase() !== 'chunked')) return bad('another coding than chunked');
  if (bodiless) return { kind: 'whole', message: '', rest: text };
  if (codings.length > 0) return readChunks(text);
  const [length] = lengths;
  if (length === undefined) {
    if (otherwise === 'none') return { kind: 'whole', message: '', rest: text };
    return ended ? { kind: 'whole', message: text, rest: '' } : { kind: 'incomplete' };
  }
  const size = Number(length);
  return text.length < size ? { kind: 'incomplete' } : { kind: 'whole', message: text.slice(0, size), rest: text.slice(size) };
}

function readChunks(text: string): Read<string> {
  let body = '';
  for (let rest = text; ; ) {
    const end = rest.indexOf('\r\n');
    if (end === -1) return { kind: 'incomplete' };
    const [, digits] = /^([0-9a-fA-F]{1,12})(?:[\t ]*;[\t -~\x80-\xff]*)?$/.exec(rest.slice(0, end)) ?? [];
    if (digits === undefined) return bad('no chunk size');
    const size = Number.parseInt(digits, 16);
    rest = rest.slice(end + 2);
    if (size === 0) return readTrailers(rest, body);
    if (rest.length < size + 2) return { kind: 'incomplete' };
    if (rest.slice(size, size + 2) !== '\r\n') return bad('a chunk longer than its size');
    body += rest.slice(0, size);
    rest = rest.slice(size + 2);
  }
}

function readTrailers(text: string, body: string): Read<string> {
  if (text.startsWith('\r\n')) return { kind: 'whole', message: body, rest: text.slice(2) };
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return { kind: 'incomplete' };
  const trailers = readFields(text.slice(0, end).split('\r\n'));
  return typeof trailers === 'string' ? bad(trailers) : { kind: 'whole', message: body, rest: text.slice(end + 4) };
}

function bad(fault: string): { readonly kind: 'bad'; readonly fault: string } {
  return { kind: 'bad', fault };
}
