import { mkdtempSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '../lab/host.ts';
import { HostProcess } from '../lab/host-process.ts';
import { startedWith } from './image-config.ts';
import { runtimeDefault } from './runtime-default.ts';

/** A container as a pod's manifest describes it. */
export interface ContainerOptions {
  /** The image's root file system. The container sees it read-only. */
  readonly root: string;
  /** The pod whose network it joins. */
  readonly pod: Host;
  /** For the container's files; the caller removes it. */
  readonly folder: string;
  /** Default: the image's entry point. */
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Default 0, as in the image. */
  readonly uid?: number;
  /** Default 0. */
  readonly gid?: number;
  /** The capabilities that are added to none, such as `NET_ADMIN`; `privileged` = all of them, without seccomp and with a writable /proc/sys. */
  readonly capabilities: readonly string[] | 'privileged';
}

/**
 * Starts a container by runc as the kubelet's runtime does: seccomp as in `RuntimeDefault`, no_new_privs, /proc/sys read-only, no capability that
 * was not asked for. Signals to the process reach the container's. Whoever starts it disposes of it.
 * @throws Error when runc cannot be started
 */
export async function startContainer(options: ContainerOptions): Promise<HostProcess> {
  const bundle = mkdtempSync(join(options.folder, 'container-'));
  writeFileSync(join(bundle, 'config.json'), JSON.stringify(runtimeSpec(options, bundle)));
  writeFileSync(join(bundle, 'resolv.conf'), await options.pod.output('cat', ['/etc/resolv.conf']));
  return HostProcess.start(['runc', '--root', join(bundle, 'state'), 'run', '--bundle', bundle, `image-${process.pid}-${++started}`]);
}

let started = 0;

/** The runtime's configuration (OCI runtime specification 1.0, config.md). */
function runtimeSpec(options: ContainerOptions, bundle: string) {
  const { root, pod, command = startedWith.Entrypoint, args = [], env = {}, uid = 0, gid = 0, capabilities } = options;
  const privileged = capabilities === 'privileged';
  const bounding = privileged ? allCapabilities() : capabilities.map((name) => `CAP_${name}`);
  // Kubernetes has no ambient capabilities: another user than root has what it may get, and gets none of it.
  const effective = uid === 0 ? bounding : [];
  const variables = Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
  const readOnly = ['bind', 'ro', 'nosuid', 'nodev', 'noexec'];
  return {
    ociVersion: '1.0.2',
    root: { path: realpathSync(root), readonly: true },
    process: {
      args: [...command, ...args],
      cwd: startedWith.WorkingDir,
      env: [...startedWith.Env, ...variables],
      user: { uid, gid },
      capabilities: { bounding, effective, permitted: effective },
      noNewPrivileges: !privileged,
    },
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev'] },
      { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'strictatime', 'mode=755', 'size=64k'] },
      { destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['nosuid', 'noexec', 'nodev', ...(privileged ? [] : ['ro'])] },
      { destination: '/etc/resolv.conf', type: 'bind', source: join(bundle, 'resolv.conf'), options: readOnly },
    ],
    linux: {
      namespaces: [{ type: 'network', path: `/proc/${pod.pid}/ns/net` }, ...['mount', 'pid', 'ipc', 'uts'].map((type) => ({ type }))],
      ...(privileged
        ? {}
        : {
            seccomp: runtimeDefault(bounding),
            maskedPaths: ['/proc/kcore', '/proc/keys', '/proc/timer_list', '/sys/firmware'],
            readonlyPaths: ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'],
          }),
    },
  };
}

/** All that the sandbox itself has. */
function allCapabilities(): string[] {
  const [, bits = '0'] = readFileSync('/proc/self/status', 'utf8').match(/^CapBnd:\s*([0-9a-f]+)$/m) ?? [];
  return capabilityNames.filter((_, index) => (BigInt(`0x${bits}`) >> BigInt(index)) & 1n).map((name) => `CAP_${name}`);
}

/** By their numbers (linux/capability.h). */
const capabilityNames = [
  ...['CHOWN', 'DAC_OVERRIDE', 'DAC_READ_SEARCH', 'FOWNER', 'FSETID', 'KILL', 'SETGID', 'SETUID', 'SETPCAP', 'LINUX_IMMUTABLE'],
  ...['NET_BIND_SERVICE', 'NET_BROADCAST', 'NET_ADMIN', 'NET_RAW', 'IPC_LOCK', 'IPC_OWNER', 'SYS_MODULE', 'SYS_RAWIO', 'SYS_CHROOT'],
  ...['SYS_PTRACE', 'SYS_PACCT', 'SYS_ADMIN', 'SYS_BOOT', 'SYS_NICE', 'SYS_RESOURCE', 'SYS_TIME', 'SYS_TTY_CONFIG', 'MKNOD', 'LEASE'],
  ...['AUDIT_WRITE', 'AUDIT_CONTROL', 'SETFCAP', 'MAC_OVERRIDE', 'MAC_ADMIN', 'SYSLOG', 'WAKE_ALARM', 'BLOCK_SUSPEND', 'AUDIT_READ'],
  ...['PERFMON', 'BPF', 'CHECKPOINT_RESTORE'],
];
