/** Linux capabilities that decide what `run` can do (capabilities(7)). */
export type Capability = 'NET_ADMIN' | 'NET_RAW';

/** linux/capability.h */
const bits: Readonly<Record<Capability, bigint>> = { NET_ADMIN: 12n, NET_RAW: 13n };

/** Whether a process has the capability in effect, from the text of its /proc/PID/status. */
export function hasCapability(status: string, capability: Capability): boolean {
  const mask = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0';
  return ((BigInt(`0x${mask}`) >> bits[capability]) & 1n) === 1n;
}
