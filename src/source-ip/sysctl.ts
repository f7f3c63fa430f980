import { RouterError, type RouterErrorCode } from '../router-error.ts';
import type { NetworkEffects } from './network-effects.ts';

/** One kernel setting. */
export interface Sysctl {
  /** Below /proc/sys, with slashes, because names of interfaces may have dots. */
  readonly path: string;
  readonly value: string;
  /** `go-on` for what the router can do without; else the error that it is. */
  readonly whenRefused: 'FORWARDING_OFF' | 'KERNEL_REFUSED' | 'go-on';
}

/** The path as sysctl(8) and the Multus tuning plugin write it: dots and slashes change places. */
export function sysctlName(path: string): string {
  return path.replace(/[./]/g, (character) => (character === '/' ? '.' : '/'));
}

/**
 * Writes the settings that differ. What the kernel does not have, or a container that is not privileged may not write, is passed over
 * where `whenRefused` says so.
 * @returns the names of what was written and of what could not be
 * @throws RouterError FORWARDING_OFF, KERNEL_REFUSED
 */
export function syncSysctls(effects: Pick<NetworkEffects, 'readSysctl' | 'writeSysctl'>, sysctls: readonly Sysctl[]) {
  const written: string[] = [];
  const refused: string[] = [];
  for (const sysctl of sysctls) {
    const present = effects.readSysctl(sysctl.path);
    if (present === sysctl.value) continue;
    const setting = `${sysctlName(sysctl.path)}=${sysctl.value}`;
    try {
      effects.writeSysctl(sysctl.path, sysctl.value);
      written.push(setting);
    } catch (error) {
      if (sysctl.whenRefused !== 'go-on') throw refusal(sysctl, sysctl.whenRefused, present, error);
      refused.push(setting);
    }
  }
  return { written, refused };
}

function refusal({ path, value }: Sysctl, code: RouterErrorCode, present: string | undefined, cause: unknown): RouterError {
  const name = sysctlName(path);
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new RouterError(
    code,
    `sysctl ${name} is ${present ?? 'not there'}, must be ${value}, and cannot be written here: ${reason}`,
    `make the container privileged, or let Multus set it in the macvlan attachment: {"type": "tuning", "sysctl": {"${name}": "${value}"}}`,
    { cause },
  );
}
