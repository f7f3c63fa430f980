import { createHmac, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { User } from '../config/router-config.ts';
import { type Credentials, parseBasicCredentials } from './basic-credentials.ts';
import type { ClientLimit } from './client-limit.ts';
import { Failure } from './failure.ts';
import type { CheckPassword } from './password-checker.ts';

/** Verdicts that are kept. A client sends its password with every request. */
const maxVerdicts = 10_000;

/** What users are told apart with. */
export interface AuthenticatorOptions {
  readonly users: readonly User[];
  readonly check: CheckPassword;
  /** Checks of each client that are waited for: a guess is not to keep the others waiting. */
  readonly checks: ClientLimit;
}

/**
 * Tells who a request comes from by its Proxy-Authorization field. Passwords are slow to check on purpose, so verdicts are kept, good and bad ones, by
 * a digest with a key of this process alone: neither a password nor what could be guessed from it stays in memory.
 */
export class Authenticator {
  readonly #check: CheckPassword;
  readonly #checks: ClientLimit;
  readonly #key = randomBytes(32);
  readonly #verdicts = new LRUCache<string, Promise<boolean>>({ max: maxVerdicts });
  #users: readonly User[];

  constructor({ users, check, checks }: AuthenticatorOptions) {
    this.#users = users;
    this.#check = check;
    this.#checks = checks;
  }

  /** From now on these are the users; nothing is remembered of those before. */
  replaceUsers(users: readonly User[]): void {
    this.#users = users;
    this.#verdicts.clear();
  }

  /**
   * The name of the user.
   * @param fields values of Proxy-Authorization; it must be there once
   * @throws Failure `unauthenticated`, or `client-limit` when this client has too many checks under way
   */
  async authenticate(client: string, fields: readonly string[]): Promise<string> {
    const [field, ...others] = fields;
    if (field === undefined) throw new Failure('unauthenticated', 'the proxy asks for a user and a password');
    const credentials = others.length === 0 ? parseBasicCredentials(field) : undefined;
    if (credentials === undefined)
      throw new Failure('unauthenticated', 'Proxy-Authorization is not one user and password of the Basic scheme');
    // The same words for a user who does not exist.
    if (!(await this.#verdict(client, credentials))) throw new Failure('unauthenticated', 'the user or the password is wrong');
    return credentials.name;
  }

  #verdict(client: string, credentials: Credentials): Promise<boolean> {
    const digest = this.#digest(`${credentials.name}:${credentials.password}`).toString('base64');
    const known = this.#verdicts.get(digest);
    if (known !== undefined) return known;
    // Before anything is forgotten for it: guesses beyond the limit would push out the verdicts on those who know their password.
    this.#checks.take(client);
    const verdict = this.#judge(client, credentials);
    this.#verdicts.set(digest, verdict);
    // A check that was not made says nothing about the next.
    verdict.catch(() => {
      if (this.#verdicts.peek(digest) === verdict) this.#verdicts.delete(digest);
    });
    return verdict;
  }

  /** Releases the check that was taken for the client. */
  async #judge(client: string, { name, password }: Credentials): Promise<boolean> {
    const user = this.#users.find((each) => each.name === name);
    // For a user who does not exist the password of another is checked, the same for the same name, so that both take as long.
    const checked = user ?? this.#users[this.#digest(name).readUInt32BE() % this.#users.length];
    try {
      const matches = checked !== undefined && (await this.#check(password, checked.passwordHash));
      return matches && user !== undefined;
    } finally {
      this.#checks.release(client);
    }
  }

  #digest(text: string): Buffer {
    return createHmac('sha256', this.#key).update(text).digest();
  }
}
