import type { MessagePort } from 'node:worker_threads';
import type { User } from '../config/router-config.ts';
import type { Listener } from '../net/listener.ts';
import { gatherLines, type Log, openLog } from '../observe/log.ts';
import { RouterError } from '../router-error.ts';
import { openSharedState, type SharedState } from './shared-state.ts';
import type { Siblings } from './siblings.ts';
import { startBeating } from './worker-beats.ts';
import type { MessageOfWorker, MessageToWorker, ProxyWorkerOrder } from './worker-message.ts';

/** What a thread gives to the proxy that it opens. */
export interface ThreadParts {
  readonly shared: SharedState;
  readonly log: Log;
  /** undefined = it is alone. */
  readonly siblings: Siblings | undefined;
  readonly watchUsers: (onChange: (users: readonly User[]) => void) => () => void;
}

/**
 * What one of the proxy's worker threads does: it opens the proxy, and closes it when it is told to. Resolves then.
 * @param open opens it with what this thread shares with the others
 */
export async function serveProxyWorker(
  port: MessagePort,
  { config, memory, beats, index }: ProxyWorkerOrder,
  open: (parts: ThreadParts) => Promise<Listener>,
): Promise<void> {
  const tell = (message: MessageOfWorker) => port.postMessage(message);
  let makeRoom = () => {};
  let replaceUsers = (_users: readonly User[]) => {};
  const closed = Promise.withResolvers<void>();
  const abort = new AbortController();
  port.on('message', (message: MessageToWorker) => {
    if (message.kind === 'users') replaceUsers(message.users);
    else if (message.kind === 'make-room') makeRoom();
    else if (message.kind === 'close') closed.resolve();
    else abort.abort();
  });
  const parts: ThreadParts = {
    shared: openSharedState(memory),
    log: openLog(
      config.settings.logLevel,
      gatherLines((lines) => tell({ kind: 'lines', lines })),
    ),
    siblings: {
      askForRoom: () => tell({ kind: 'ask-for-room' }),
      onAskedForRoom: (listener) => {
        makeRoom = listener;
      },
    },
    watchUsers: (onChange) => {
      replaceUsers = onChange;
      return () => {};
    },
  };
  try {
    const proxy = await open(parts);
    const stopBeating = startBeating(beats, index);
    tell({ kind: 'listening', port: proxy.port });
    await closed.promise;
    await proxy.close(abort.signal);
    stopBeating();
  } catch (error) {
    if (!(error instanceof RouterError)) throw error;
    tell({ kind: 'failed', code: error.code, message: error.message, remedy: error.remedy });
  }
  // Not closed: the last requests have yet to be logged. The thread ends when nothing is left to do.
  port.unref();
}
