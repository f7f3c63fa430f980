import { pino } from 'pino';
import pretty from 'pino-pretty';
import { escapeControls } from '../config/escape-controls.ts';
import type { LogLevel } from '../config/settings.ts';
import type { LogFields } from './log-fields.ts';

/** Where structured lines go: what happened, in `message`, and its details. Field names are promises. */
export type Log = { readonly [Level in LogLevel]: (fields: LogFields, message: string) => void };

/** Takes whole lines of the log, each with its line feed. */
export type LineSink = Pick<pino.DestinationStream, 'write'>;

/** Opens the log: JSON lines go to the sink. */
export function openLog(level: LogLevel, sink: LineSink): Log {
  const options: pino.LoggerOptions = {
    level,
    base: null,
    timestamp: createTimestamp(),
    formatters: { level: (label) => ({ level: label }) },
  };
  return Object.assign(pino(options, sink), { [pino.symbols.asJsonSym]: formatLine });
}

/**
 * A line as pino formats it, with one call of JSON.stringify for all fields, where pino has two for each: a busy proxy spends several hundredths
 * of its time on them.
 * @param time a member, with the comma in front of it
 */
function formatLine(fields: LogFields, message: string, level: number, time: string): string {
  const { err } = fields;
  const plain = err instanceof Error ? { ...fields, err: pino.stdSerializers.err(err) } : fields;
  const members = JSON.stringify(plain).slice(1, -1);
  const line = `{"level":"${pino.levels.labels[level]}"${time}${members === '' ? '' : ','}${members},"msg":${JSON.stringify(message)}}`;
  // JSON allows DEL, the controls above it and line ends of Unicode as they are.
  return `${escapeControls(line)}\n`;
}

/** What has been escaped stays so for a reader of JSON that does not escape it again. */
export function keepEscapes(line: string): string {
  return line.replace(/\\\\|\\u(007f|00[89][\da-f]|202[89])/g, (found, control) => (control === undefined ? found : `\\\\u${control}`));
}

/** Standard output: the lines as they are, or readable text where a terminal looks. No line is lost when the process ends by itself. */
export function openOutput(terminal: boolean): LineSink {
  if (terminal) {
    const output = pretty({ sync: true, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss.l' });
    return { write: (line) => output.write(keepEscapes(line)) };
  }
  const output = pino.destination({ fd: 1, sync: true });
  return gatherLines((lines) => output.write(lines));
}

/** Bytes that are kept before they are written all the same. */
const maxKept = 64 * 1024;

/** For how long lines are kept, in milliseconds. What kills the process without a word takes along as much. */
const keptFor = 5;

/** Lines that come soon after one another leave together: a busy proxy would spend a tenth of its time on a write for each. */
export function gatherLines(write: (lines: string) => void): LineSink {
  let kept = '';
  const flush = () => {
    if (kept !== '') write(kept);
    kept = '';
  };
  process.once('exit', flush);
  return {
    write(line) {
      if (kept === '') setTimeout(flush, keptFor);
      kept += line;
      if (kept.length > maxKept) flush();
    },
  };
}

/** ISO 8601 with milliseconds; the text of a millisecond serves all of its lines. */
function createTimestamp(): () => string {
  let at = 0;
  let text = '';
  return () => {
    const now = Date.now();
    if (now !== at) {
      at = now;
      text = `,"time":"${new Date(now).toISOString()}"`;
    }
    return text;
  };
}
