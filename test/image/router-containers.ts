import { readFileSync } from 'node:fs';
import { type ContainerOptions, startContainer } from '../../image/container.ts';
import type { HostProcess } from '../../lab/host-process.ts';
import type { Lab } from '../../lab/lab.ts';
import { patience } from '../e2e/router-pod.ts';
import { imageRoot } from './archive.ts';

/** What differs between the containers of a pod. */
export type Container = Omit<ContainerOptions, 'root' | 'pod' | 'folder'>;

/** What `setup` has in the manifests: root with these two, and nothing else. */
export const setupCapabilities = ['NET_ADMIN', 'NET_RAW'] as const;

/** A container of the image in the lab's router pod. The lab ends it. */
export async function start(lab: Lab, container: Container): Promise<HostProcess> {
  return lab.attach(await startContainer({ root: imageRoot, pod: lab.host('router'), folder: lab.folder, ...container }));
}

/** A container that ends by itself. */
export async function run(lab: Lab, container: Container): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const { exit, ...rest } = await settled(await start(lab, container));
  return { code: exit, ...rest };
}

/** A container that must end with 0. @throws Error with what it wrote */
export async function mustRun(lab: Lab, container: Container): Promise<void> {
  const { code, stdout, stderr } = await run(lab, container);
  if (code !== 0) throw new Error(`the container ended with ${code}: ${stderr}${stdout}`);
}

/** A container that must become ready. @throws Error with what it wrote */
export async function startReady(lab: Lab, container: Container): Promise<HostProcess> {
  const started = await start(lab, container);
  await started.line('"msg":"ready"', 'stdout', patience);
  return started;
}

/** The user of the main container in the manifests, and one as OpenShift gives out, where the sandbox knows others than root. */
export const users: readonly { readonly uid: number; readonly gid: number }[] =
  readFileSync('/proc/self/uid_map', 'utf8').trim().split(/\s+/)[2] === '1'
    ? [{ uid: 0, gid: 0 }]
    : [
        { uid: 65532, gid: 65532 },
        { uid: 1_000_650_000, gid: 0 },
      ];

async function settled(container: HostProcess) {
  const { code } = await container.exit;
  return { exit: code, stdout: container.stdout, stderr: container.stderr };
}
