import { readFileSync } from 'node:fs';

/** A rule of /usr/share/containers/seccomp.json: that of the runtime specification, and when it counts. */
interface ProfileRule {
  readonly names: readonly string[];
  readonly action: string;
  readonly errnoRet?: number;
  readonly args?: readonly unknown[];
  readonly includes?: Conditions;
  readonly excludes?: Conditions;
}

interface Conditions {
  readonly caps?: readonly string[];
  readonly arches?: readonly string[];
}

interface Profile {
  readonly defaultAction: string;
  readonly defaultErrnoRet: number;
  readonly archMap: readonly { readonly architecture: string; readonly subArchitectures: readonly string[] }[];
  readonly syscalls: readonly ProfileRule[];
}

const profileFile = '/usr/share/containers/seccomp.json';
const machine = { x64: { go: 'amd64', seccomp: 'SCMP_ARCH_X86_64' }, arm64: { go: 'arm64', seccomp: 'SCMP_ARCH_AARCH64' } };

/**
 * The seccomp profile that CRI-O and Podman take for `RuntimeDefault` (package golang-github-containers-common), for a container with these
 * capabilities, in the words of the runtime specification. containerd's is made after the same list.
 */
export function runtimeDefault(capabilities: readonly string[]): unknown {
  const profile: Profile = JSON.parse(readFileSync(profileFile, 'utf8'));
  const { go, seccomp } = machine[process.arch === 'arm64' ? 'arm64' : 'x64'];
  const counts = ({ includes, excludes }: ProfileRule) =>
    (includes?.arches?.includes(go) ?? true) &&
    (includes?.caps?.every((name) => capabilities.includes(name)) ?? true) &&
    !(excludes?.caps?.some((name) => capabilities.includes(name)) ?? false) &&
    !(excludes?.arches?.includes(go) ?? false);
  const own = profile.archMap.find(({ architecture }) => architecture === seccomp);
  return {
    defaultAction: profile.defaultAction,
    defaultErrnoRet: profile.defaultErrnoRet,
    architectures: [seccomp, ...(own?.subArchitectures ?? [])],
    syscalls: profile.syscalls.filter(counts).map(({ names, action, errnoRet, args }) => ({
      names,
      action,
      ...(errnoRet === undefined ? {} : { errnoRet }),
      ...(args === undefined || args.length === 0 ? {} : { args }),
    })),
  };
}
