import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const kubernetes = 'v1.36.3';

/** Without them the programs call themselves v0.0.0, and kubectl refuses such a server. */
const versionFlags = [
  `-X k8s.io/component-base/version.gitVersion=${kubernetes}`,
  '-X k8s.io/component-base/version.gitMajor=1',
  '-X k8s.io/component-base/version.gitMinor=36',
  '-X k8s.io/component-base/version.gitTreeState=clean',
  `-X k8s.io/client-go/pkg/version.gitVersion=${kubernetes}`,
].join(' ');

/** Programs that one `go build` makes. */
interface Target {
  readonly title: string;
  readonly source: string;
  readonly flags: string;
  readonly packages: string;
  readonly programs: readonly string[];
}

const targets: readonly Target[] = [
  {
    title: `etcd and Kubernetes ${kubernetes} (six minutes when Go has compiled nothing of it yet)`,
    source: fileURLToPath(new URL('go/', import.meta.url)),
    flags: `-s -w ${versionFlags}`,
    packages: 'tool',
    programs: ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-proxy', 'kube-scheduler', 'kubectl', 'kubelet'],
  },
  {
    title: 'the stand-in for Multus',
    source: fileURLToPath(new URL('multus/', import.meta.url)),
    flags: '-s -w',
    packages: '.',
    programs: ['multus-stand-in'],
  },
];

// Go names a program after the last element of its path that is no version.
const builtNames: Readonly<Record<string, string>> = { etcd: 'server' };

/**
 * Brings etcd, Kubernetes and the stand-in for Multus into `folder`, from the Go module proxy: minutes when Go has compiled nothing yet, nothing at all
 * when sources and Go's version are those of the last time. `report` is told how it goes, a line every few seconds.
 * @throws Error with the compiler's message.
 */
export async function buildPrograms(folder: string, report: (line: string) => void): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const target of targets) await build(target, folder, report);
}

async function build(target: Target, folder: string, report: (line: string) => void): Promise<void> {
  const { title, source, flags, packages, programs } = target;
  const stampFile = `${folder}/${programs[0]}.built-from`;
  const stamp = await stampOf(target);
  const isBuilt = programs.every((program) => existsSync(`${folder}/${program}`));
  if (isBuilt && (await readFile(stampFile, 'utf8').catch(() => '')) === stamp) return;
  report(`building ${title}`);
  // Moved into place, for other clusters may be running these programs.
  const fresh = await mkdtemp(`${folder}/fresh-`);
  try {
    await goBuild(source, ['-ldflags', flags, '-o', `${fresh}/`, packages], report);
    for (const program of programs) await rename(`${fresh}/${builtNames[program] ?? program}`, `${folder}/${program}`);
  } finally {
    await rm(fresh, { recursive: true });
  }
  await writeFile(stampFile, stamp);
}

async function stampOf({ source, flags }: Target): Promise<string> {
  const { stdout: goVersion } = await promisify(execFile)('go', ['version'], { cwd: source });
  const hash = createHash('sha256').update(`${goVersion}${flags}\n`);
  for (const name of (await readdir(source)).sort()) hash.update(`${name}\n`).update(await readFile(`${source}${name}`));
  return hash.digest('hex');
}

/** `-v` names every package that is compiled; without it Go says what it downloads, and else nothing. */
async function goBuild(cwd: string, words: readonly string[], report: (line: string) => void): Promise<void> {
  const child = spawn('go', ['build', '-v', '-trimpath', ...words], {
    cwd,
    env: { ...process.env, CGO_ENABLED: '0' },
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  const counts = { modules: 0, packages: 0 };
  const messages: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    if (line.startsWith('go: downloading ')) counts.modules += 1;
    else if (/^[\w.~-]+(\/[\w.~-]+)*$/.test(line)) counts.packages += 1;
    else messages.push(line);
  });
  const timer = setInterval(() => report(`  ${counts.modules} modules fetched, ${counts.packages} packages compiled`), 5_000);
  const code = await new Promise<number | null>((resolve, reject) => child.once('close', resolve).once('error', reject));
  clearInterval(timer);
  if (code !== 0) throw new Error(`go build in ${cwd} ended with ${code}:\n${messages.join('\n')}`);
}
