import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { parseRouterConfig } from '../../src/config/parse-router-config.ts';

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Record<string, string> };
  readonly data?: Record<string, string>;
  readonly spec?: {
    readonly selector?: Record<string, string>;
    readonly ports?: { readonly port: number }[];
    readonly initContainers?: Container[];
    readonly containers?: Container[];
  };
}

interface Container {
  readonly env?: { readonly name: string; readonly value?: string; readonly valueFrom?: { readonly configMapKeyRef: ConfigMapKeyRef } }[];
  readonly ports?: { readonly containerPort: number }[];
}

interface ConfigMapKeyRef {
  readonly name: string;
  readonly key: string;
}

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const manifests: Manifest[] = [...readme.matchAll(/^```yaml\n(.*?)^```/gms)].flatMap(([, text]) =>
  parseAllDocuments(text ?? '', { strict: true }).map((document) => document.toJS()),
);

const expected = [
  { pod: 'egress-redirect', setup: 'redirect', run: 'redirect', ports: [80, 8080, 8443] },
  { pod: 'egress-http', setup: 'http-proxy', run: 'http-proxy', ports: [8080] },
  { pod: 'egress-dns', setup: 'dns-proxy', run: 'dns-proxy', ports: [80, 3306, 5433] },
] as const;

for (const { pod, setup, run, ports } of expected) {
  test(`README: the manifests of ${pod} are a valid configuration of both containers, and its Service leads to the ports that the pod declares`, () => {
    const { spec, metadata } = find('Pod', pod);
    const [init, main] = [spec?.initContainers?.[0], spec?.containers?.[0]];
    assert.ok(init && main);
    const initConfig = parseRouterConfig({ env: environment(init), command: undefined, readFile: podFile });
    assert.deepEqual([initConfig.role, initConfig.carry.mode, initConfig.notices], ['setup', setup, []]);
    const mainConfig = parseRouterConfig({ env: environment(main), command: undefined, readFile: podFile });
    assert.deepEqual([mainConfig.role, mainConfig.carry.mode, mainConfig.notices], ['run', run, []]);
    const service = find('Service', pod);
    assert.deepEqual(service.spec?.selector, metadata.labels);
    assert.deepEqual(
      service.spec?.ports?.map(({ port }) => port),
      ports,
    );
    assert.deepEqual(
      main.ports?.map(({ containerPort }) => containerPort),
      ports,
    );
  });
}

test('README: every pod that it shows is checked here', () => {
  const pods = manifests.filter(({ kind }) => kind === 'Pod').map(({ metadata }) => metadata.name);
  assert.deepEqual(
    pods,
    expected.map(({ pod }) => pod),
  );
});

function find(kind: string, name: string): Manifest {
  const manifest = manifests.find((candidate) => candidate.kind === kind && candidate.metadata.name === name);
  assert.ok(manifest, `README shows no ${kind} ${name}`);
  return manifest;
}

function environment({ env = [] }: Container): Record<string, string> {
  return Object.fromEntries(
    env.map(({ name, value, valueFrom }) => {
      const reference = valueFrom?.configMapKeyRef;
      return [name, (reference ? find('ConfigMap', reference.name).data?.[reference.key] : value) ?? ''];
    }),
  );
}

function podFile(path: string): string {
  assert.equal(path, '/etc/resolv.conf');
  return 'nameserver 172.30.0.10\n';
}
