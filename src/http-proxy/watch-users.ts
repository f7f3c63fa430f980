import { formatProblem } from '../config/config-error.ts';
import type { User, UserFile } from '../config/router-config.ts';
import { parseUserList } from '../config/user-list.ts';
import type { Log } from '../observe/log.ts';

/** What watches a file of users. */
export interface UserWatchOptions {
  readonly file: UserFile;
  /** Between two looks, in milliseconds. */
  readonly interval: number;
  /** Throws what fs.readFileSync throws. */
  readonly readFile: (path: string) => string;
  readonly log: Log;
  readonly onChange: (users: readonly User[]) => void;
}

/**
 * Reads the file again and again, since kubelet changes a mounted Secret by links, which no event of inotify tells reliably. Users that cannot be read
 * are told in the log, once, and do not replace those that could.
 * @returns ends the watch
 */
export function watchUsers({ file, interval, readFile, log, onChange }: UserWatchOptions): () => void {
  let seen = file.source.text;
  const look = () => {
    const read = readOrFailure(file.path, readFile);
    const text = read instanceof Error ? read.message : read;
    if (text === seen) return;
    seen = text;
    if (read instanceof Error) {
      log.warn({ code: 'LIST_UNREADABLE', reason: read.message }, 'the users of before stay');
      return;
    }
    const { value: users, problems } = parseUserList({ ...file.source, text });
    for (const problem of problems) log.warn({ code: problem.code, reason: formatProblem(problem) }, 'the users of before stay');
    if (problems.length > 0) return;
    onChange(users);
    log.info({}, 'the users were read again');
  };
  const timer = setInterval(look, interval).unref();
  return () => clearInterval(timer);
}

function readOrFailure(path: string, readFile: (path: string) => string): string | Error {
  try {
    return readFile(path);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
