import type { Parsed, Problem, ProblemCode } from './config-error.ts';
import { type ListSource, splitLines } from './list-source.ts';
import type { User } from './router-config.ts';

/** Of a line, with the command that writes one. */
const accepted = 'USER:HASH, HASH of bcrypt with a cost from 4 to 14: htpasswd -B -C 10 FILE USER';

/**
 * Parses a file as htpasswd -B writes it: a user a line, whose password is hashed with bcrypt. The other hashes of htpasswd (MD5, SHA-1, crypt)
 * are guessed too quickly by whoever reads the file. Problems name users and lines and never say what else is in a line.
 */
export function parseUserList(source: ListSource): Parsed<readonly User[]> {
  const users: User[] = [];
  const problems: Problem[] = [];
  const refuse = (code: ProblemCode, line: number | undefined, message: string, instead: string = accepted) => {
    problems.push({ code, variable: source.variable, line, value: undefined, message, accepted: instead });
  };
  const lines = splitLines(source.text);
  if (lines.length === 0) refuse('LIST_MISSING', undefined, 'the file has no users', `at least one line ${accepted}`);

  for (const { line, text } of lines) {
    const colon = text.indexOf(':');
    const name = text.slice(0, colon);
    const passwordHash = text.slice(colon + 1);
    const before = users.find((user) => user.name === name);
    if (colon < 1) refuse('LINE_INVALID', line, 'the line has no user name with a colon behind it');
    else if (/\p{Cc}/u.test(name)) refuse('LINE_INVALID', line, 'the user name has a control character');
    else if (before !== undefined)
      refuse('LINE_INVALID', line, `user '${name}' is on line ${before.line} already`, 'one line for each user');
    else if (!/^\$2[aby]\$(0[4-9]|1[0-4])\$[./A-Za-z0-9]{53}$/.test(passwordHash)) {
      refuse('LINE_INVALID', line, `the password of user '${name}' is not hashed with bcrypt of a cost from 4 to 14`);
    } else users.push({ name, passwordHash, line });
  }
  return { value: users, problems };
}
