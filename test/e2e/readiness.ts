import { addresses, type Family } from '../../lab/addresses.ts';
import type { Lab } from '../../lab/lab.ts';
import { healthPort, patience } from './router-pod.ts';

/** What /readyz answered. */
export interface Readiness {
  readonly status: number;
  readonly reasons: readonly string[];
}

/** Asks the router pod like the kubelet does: from the node. */
export async function readiness(lab: Lab, family: Family = lab.settings.families[0] ?? 'ipv4'): Promise<Readiness> {
  const { router } = addresses[family].subnet;
  const host = family === 'ipv6' ? `[${router}]` : router;
  const words = [
    '--silent',
    '--show-error',
    '--globoff',
    '--max-time',
    '20',
    '--write-out',
    '%{http_code}',
    `http://${host}:${healthPort}/readyz`,
  ];
  const text = await lab.host('node').output('curl', words);
  const [body = '', status] = text.split('\n');
  return { status: Number(status), reasons: JSON.parse(body).reasons };
}

/** Asks again and again until the status is that. @throws Error when it is not in time */
export async function untilReadiness(lab: Lab, status: 200 | 503): Promise<Readiness> {
  const deadline = performance.now() + patience;
  for (;;) {
    const found = await readiness(lab);
    if (found.status === status) return found;
    if (performance.now() > deadline) throw new Error(`/readyz still answers ${found.status}: ${found.reasons.join('; ')}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
