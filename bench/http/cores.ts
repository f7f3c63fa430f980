import { readFileSync } from 'node:fs';

/** Who runs on which core. The proxy has one to itself, the same for every proxy. */
export interface Cores {
  readonly proxy: number;
  readonly load: number;
}

/** The first and the last of a list of CPUs as the kernel writes it, such as `0-3,8`. @throws Error when there is only one */
export function chooseCores(list: string): Cores {
  const numbers = list.split(/[-,]/).map(Number);
  const [load = 0] = numbers;
  const proxy = numbers.at(-1) ?? 0;
  if (load === proxy)
    throw new Error(`this process may use only CPU ${list}: the benchmark needs one for the proxy and one for everything else`);
  return { proxy, load };
}

/** The CPUs that this process may use. @throws Error when there is only one */
export function readCores(): Cores {
  return chooseCores(/^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0');
}
