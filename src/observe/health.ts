import { createServer } from 'node:http';
import { RouterError } from '../router-error.ts';

/** An open health port. */
export interface Health {
  readonly port: number;
  /** Ends it at once: probes have no use for an answer of a process that is about to end. */
  close(): void;
}

/** What the health port is asked about, each as reasons: a sentence for each thing that is wrong, none when all is well. */
export interface HealthQuestions {
  /** For /healthz. That the event loop of this thread turns is shown by the answer. */
  readonly notAlive: () => readonly string[];
  /** For /readyz. */
  readonly notReady: () => readonly string[];
}

/**
 * Opens the health port on every address. `/healthz` and `/readyz` answer 200 when there are no reasons, else 503 with the reasons, in JSON. The
 * caller closes it.
 * @param port 0 = any free port
 * @throws RouterError LISTEN_FAILED
 */
export async function openHealth(port: number, { notAlive, notReady }: HealthQuestions): Promise<Health> {
  const answers: Readonly<Record<string, () => { readonly status: number; readonly body: object }>> = {
    '/healthz': () => verdict('alive', notAlive()),
    '/readyz': () => verdict('ready', notReady()),
  };
  const server = createServer((request, response) => {
    const answer = answers[request.url?.split('?', 1)[0] ?? '']?.() ?? {
      status: 404,
      body: { error: 'this port answers /healthz and /readyz' },
    };
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(`${JSON.stringify(answer.body)}\n`);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const remedy = 'set EGRESS_HEALTH_PORT to a free port, or to 0 to switch health off';
      reject(new RouterError('LISTEN_FAILED', `cannot listen on health port ${port}: ${error.message}`, remedy, { cause: error }));
    });
    // Without an address Node takes :: where the pod has IPv6, else 0.0.0.0.
    server.listen(port, resolve);
  });
  // Later errors are single accepts that failed (descriptors ran out): the next probe tries again.
  server.on('error', () => {});
  const address = server.address();
  return {
    port: address !== null && typeof address === 'object' ? address.port : port,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function verdict(what: 'alive' | 'ready', reasons: readonly string[]) {
  return { status: reasons.length === 0 ? 200 : 503, body: { [what]: reasons.length === 0, reasons } };
}
