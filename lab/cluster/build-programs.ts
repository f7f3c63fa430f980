import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const kubernetes = 'v1.36.3';
const components = ['kube-apiserver', 'kube-controller-manager', 'kube-proxy', 'kube-scheduler', 'kubectl', 'kubelet'] as const;
const programs = ['etcd', 'multus-stand-in', ...components] as const;

const sources = {
  cluster: fileURLToPath(new URL('go/', import.meta.url)),
  multus: fileURLToPath(new URL('multus/', import.meta.url)),
} as const;

/** Without them the programs call themselves v0.0.0, and kubectl refuses such a server. */
const versionFlags = [
  `-X k8s.io/component-base/version.gitVersion=${kubernetes}`,
  '-X k8s.io/component-base/version.gitMajor=1',
  '-X k8s.io/component-base/version.gitMinor=36',
  '-X k8s.io/component-base/version.gitTreeState=clean',
  `-X k8s.io/client-go/pkg/version.gitVersion=${kubernetes}`,
].join(' ');

/**
 * Brings etcd, Kubernetes and the stand-in for Multus into `folder`, from the Go module proxy: minutes when Go has compiled nothing yet, nothing at all
 * when sources and Go's version are those of the last time. `report` is told how it goes, a line every few seconds.
 * @throws Error with the compiler's message.
 */
export async function buildPrograms(folder: string, report: (line: string) => void): Promise<void> {
  const stampFile = `${folder}/built-from`;
  const stamp = await stampOf();
  const isBuilt = programs.every((program) => existsSync(`${folder}/${program}`));
  if (isBuilt && (await readFile(stampFile, 'utf8').catch(() => '')) === stamp) return;
  await mkdir(folder, { recursive: true });
  report(`building etcd and Kubernetes ${kubernetes}: about six minutes the first time`);
  await goBuild(sources.cluster, ['-ldflags', `-s -w ${versionFlags}`, '-o', `${folder}/`, 'tool'], report);
  // Go names it after the last element of its path that is no version.
  await rename(`${folder}/server`, `${folder}/etcd`);
  report('building the stand-in for Multus');
  await goBuild(sources.multus, ['-ldflags', '-s -w', '-o', `${folder}/multus-stand-in`, '.'], report);
  await writeFile(stampFile, stamp);
}

async function stampOf(): Promise<string> {
  const { stdout: goVersion } = await promisify(execFile)('go', ['version'], { cwd: sources.cluster });
  const hash = createHash('sha256').update(`${goVersion}${versionFlags}\n`);
  for (const folder of Object.values(sources)) {
    for (const name of (await readdir(folder)).sort()) hash.update(`${name}\n`).update(await readFile(`${folder}${name}`));
  }
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
