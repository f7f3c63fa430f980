import { fileURLToPath } from 'node:url';
import type { Host } from '../../lab/host.ts';
import type { Answer, Target } from './programs/knock.ts';

const program = fileURLToPath(new URL('programs/knock.ts', import.meta.url));

/** Milliseconds after which a target counts as silent. An answer within the lab takes less than ten. */
const patience = 500;

/** Tries all targets at once from a host; gives `PROTOCOL ADDRESS PORT: ANSWER` for each, in their order. */
export async function knock(host: Host, targets: readonly Target[]): Promise<string[]> {
  const answers: readonly Answer[] = JSON.parse(await host.output(process.execPath, [program, String(patience), JSON.stringify(targets)]));
  return targets.map((target, index) => formatAnswer(target, answers[index] ?? 'no answer'));
}

/** The line that `knock` gives for a target that answers so. */
export function formatAnswer({ protocol, address, port }: Target, answer: Answer): string {
  return `${protocol} ${address} ${port}: ${answer}`;
}
