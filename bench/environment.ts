import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';

/** Where and with what a run was made. */
export interface Environment {
  /** Day, as in 2026-01-31. */
  readonly date: string;
  readonly machine: string;
  /** Program and version. */
  readonly versions: readonly string[];
}

/** Looks at this machine and its programs; those that are not there are left out. */
export function readEnvironment(): Environment {
  const processors = cpus();
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  const commit = firstLine('git', ['rev-parse', '--short', 'HEAD']);
  const versions = [
    `egress-router ${version}${commit === undefined ? '' : ` (${commit})`}`,
    `Node ${process.versions.node}`,
    firstLine('squid', ['-v']),
    firstLine('tinyproxy', ['-v']),
    firstLine('nginx', ['-v']),
  ];
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: `${processors.length} x ${processors[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}`,
    versions: versions.filter((each) => each !== undefined),
  };
}

/** nginx says it on standard error. */
function firstLine(command: string, args: readonly string[]): string | undefined {
  const { stdout, stderr, status } = spawnSync(command, args, { encoding: 'utf8' });
  return status === 0 ? `${stdout}${stderr}`.split('\n')[0] : undefined;
}
