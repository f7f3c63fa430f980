import type { Worker } from 'node:worker_threads';
import type { UserFile } from '../config/router-config.ts';
import type { Log } from '../observe/log.ts';
import { Authenticator } from './authenticator.ts';
import { ClientLimit } from './client-limit.ts';
import { PasswordChecker } from './password-checker.ts';
import { watchUsers } from './watch-users.ts';

/** What authentication does to the world. */
export interface AuthenticationEffects {
  /** Throws what fs.readFileSync throws. */
  readonly readFile: (path: string) => string;
  /** Starts a thread that runs `servePasswordWorker`. */
  readonly startPasswordWorker: () => Worker;
  readonly log: Log;
}

/** Authentication as it runs. `close` ends its thread and no longer looks at its file. */
export interface Authentication {
  readonly authenticator: Authenticator;
  close(): Promise<void>;
}

/** Passwords of one client that may be waiting for their check: guesses are not to keep others waiting long. */
const maxChecks = 32;

/**
 * Starts to tell the users of this file apart, as it is now and will be.
 * @param interval between two looks at it, in milliseconds
 */
export function startAuthentication(file: UserFile, interval: number, effects: AuthenticationEffects): Authentication {
  const { readFile, startPasswordWorker, log } = effects;
  const checker = new PasswordChecker(startPasswordWorker);
  const checks = new ClientLimit(maxChecks, 'passwords to check');
  const authenticator = new Authenticator({ users: file.users, check: checker.check, checks });
  const stopWatch = watchUsers({ file, interval, readFile, log, onChange: (users) => authenticator.replaceUsers(users) });
  return {
    authenticator,
    close: async () => {
      stopWatch();
      await checker.close();
    },
  };
}
