import type { Run } from '../net/run.ts';
import type { WorkerEffects } from './worker.ts';

/** What a command can do to the world, given to it by main.ts. */
export interface Effects extends WorkerEffects {
  /** The name that the program was started by, without its folder. */
  readonly programName: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** @throws what fs.readFileSync throws */
  readonly readFile: (path: string) => string;
  readonly run: Run;
  /** Writes to standard output. */
  readonly print: (text: string) => void;
  /** Writes to standard error. */
  readonly printError: (text: string) => void;
  /** Tells the kubelet why the container ends, for the pod's status. Outside of a pod it does nothing. */
  readonly writeTerminationMessage: (text: string) => void;
  /** Whether a terminal reads standard output. */
  readonly terminal: boolean;
  /**
   * Takes over the first SIGTERM or SIGINT: it aborts the signal that is returned, and only a second one ends the process at once.
   * Until this is called the first one does.
   */
  readonly drainOnTerminate: () => AbortSignal;
}

/** 0 = done, 2 = the user's configuration or usage is wrong, 1 = anything else. */
export type ExitCode = 0 | 1 | 2;
