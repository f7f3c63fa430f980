import type { Worker } from 'node:worker_threads';
import type { User } from '../config/router-config.ts';
import type { SharedTally } from '../net/shared-tally.ts';
import { Authenticator } from './authenticator.ts';
import { ClientLimit } from './client-limit.ts';
import { PasswordChecker } from './password-checker.ts';

/** What authentication does to the world. */
export interface AuthenticationEffects {
  /** Tells of every change of the users, until what it returns is called. */
  readonly watchUsers: (onChange: (users: readonly User[]) => void) => () => void;
  /** Starts a thread that runs `servePasswordWorker`. */
  readonly startPasswordWorker: () => Worker;
}

/** Authentication as it runs. `close` ends its thread and its watch. */
export interface Authentication {
  readonly authenticator: Authenticator;
  close(): Promise<void>;
}

/** Passwords of one client that may be waiting for their check: guesses are not to keep others waiting long. */
const maxChecks = 32;

/**
 * Starts to tell users apart: these, and what they are changed to.
 * @param tally of the passwords that are being checked
 */
export function startAuthentication(users: readonly User[], tally: SharedTally, effects: AuthenticationEffects): Authentication {
  const { watchUsers, startPasswordWorker } = effects;
  const checker = new PasswordChecker(startPasswordWorker);
  const checks = new ClientLimit(maxChecks, 'passwords to check', tally);
  const authenticator = new Authenticator({ users, check: checker.check, checks });
  const stopWatch = watchUsers((changed) => authenticator.replaceUsers(changed));
  return {
    authenticator,
    close: async () => {
      stopWatch();
      await checker.close();
    },
  };
}
