import { pino } from 'pino';
import pretty from 'pino-pretty';
import type { LogLevel } from '../config/settings.ts';
import type { LogFields } from './log-fields.ts';

/** Where structured lines go: what happened, in `message`, and its details. Field names are promises. */
export type Log = { readonly [Level in LogLevel]: (fields: LogFields, message: string) => void };

/**
 * Opens the log on standard output: JSON lines, or readable text where a terminal looks. Lines are written synchronously,
 * so none is lost when the process ends.
 */
export function openLog(level: LogLevel, terminal: boolean): Log {
  const options: pino.LoggerOptions = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  };
  if (terminal) return pino(options, pretty({ sync: true, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss.l' }));
  return pino(options, pino.destination({ fd: 1, sync: true }));
}
