import { chmod, writeFile } from 'node:fs/promises';
import { type MachineName, machineNames, nodeNames } from './addresses.ts';
import { stateFile, stateVariable } from './cluster.ts';
import type { ClusterState, RunningCluster } from './running-cluster.ts';

/** What the scripts for a person are made of. */
export interface ToolOptions {
  /** The run's folder: it has the file `sandbox.pid`, and gets the scripts. */
  readonly folder: string;
  readonly state: ClusterState;
  readonly cluster: RunningCluster;
}

/** Writes scripts that lead into the sandbox from outside of it, for as long as the cluster is up; returns what to tell the person. */
export async function writeTools({ folder, state, cluster }: ToolOptions): Promise<readonly string[]> {
  const kubectl = [...cluster.controlPlane.words(`${state.programs}/kubectl`, [`--kubeconfig=${cluster.pki.kubeconfig('admin')}`])];
  const test = [process.execPath, '--test', '--test-concurrency=1'];
  const tools = {
    kubectl: `exec ${enter(folder)} ${kubectl.join(' ')} "$@"`,
    shell: `exec ${enter(folder)} sh -c '${shellScript(state, cluster)}' shell "$@"`,
    test: `exec ${enter(folder)} env ${stateVariable}=${stateFile(state)} ${test.join(' ')} "$@"`,
  };
  for (const [name, line] of Object.entries(tools)) {
    await writeFile(`${folder}/${name}`, `#!/bin/sh\n${line}\n`);
    await chmod(`${folder}/${name}`, 0o755);
  }
  return [
    'cluster: it stays up until Ctrl-C. As root, from another terminal:',
    `  ${folder}/kubectl get pods -A -o wide`,
    `  ${folder}/shell node1                  # or ${machineNames.filter((name) => name !== 'node1').join(', ')}; a command may follow`,
    `  ${folder}/shell outside tcpdump -ni eth0`,
    `  ${folder}/test test/cluster/FILE.test.ts`,
  ];
}

function enter(folder: string): string {
  return `nsenter --target="$(cat ${folder}/sandbox.pid)" --mount --net --pid --wdns="$PWD" --`;
}

/** A node's first process is another one after each power cut: it is looked up. */
function shellScript(state: ClusterState, cluster: RunningCluster): string {
  const node = [
    `own=$(cat ${state.folder}/$machine/machine.pid)`,
    'exec nsenter --target="$(cat /proc/$own/task/$own/children | tr -d " ")" --mount --uts --ipc --net --pid -- "$@"',
  ].join('; ');
  const hosts: readonly (readonly [MachineName, number])[] = [
    ['controlPlane', cluster.controlPlane.pid],
    ['lan', cluster.lan.pid],
    ['gateway', cluster.gateway.pid],
    ['outside', cluster.outside.pid],
    ['neighbour1', cluster.neighbours[0].pid],
    ['neighbour2', cluster.neighbours[1].pid],
  ];
  return [
    'machine=$1; shift; [ $# -gt 0 ] || set -- sh',
    'case $machine in',
    `${nodeNames.join('|')}) ${node};;`,
    ...hosts.map(([name, pid]) => `${name}) exec nsenter --target=${pid} --net --mount -- "$@";;`),
    '*) echo "no machine $machine" >&2; exit 2;;',
    'esac',
  ].join('\n');
}
