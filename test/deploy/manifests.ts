import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { parseAllDocuments } from 'yaml';

/** What the tests look at in a manifest of any kind. */
export interface Manifest {
  /** Path from the root of the checkout. */
  readonly file: string;
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: { readonly name?: string; readonly labels?: Readonly<Record<string, string>> };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: {
    readonly replicas?: number;
    readonly strategy?: { readonly type: string };
    readonly selector?: Readonly<Record<string, unknown>>;
    readonly ports?: readonly { readonly port: number; readonly targetPort?: number }[];
    readonly template?: { readonly metadata?: Manifest['metadata']; readonly spec: PodSpec };
    readonly config?: string;
    readonly variables?: readonly { readonly name: string; readonly expression: string }[];
    readonly validations?: readonly { readonly message: string }[];
  } & Partial<PodSpec>;
  readonly resources?: readonly string[];
  readonly components?: readonly string[];
  readonly patches?: readonly { readonly path: string }[];
  readonly images?: readonly { readonly name: string; readonly newTag?: string }[];
  readonly configMapGenerator?: readonly {
    readonly name: string;
    readonly literals?: readonly string[];
    readonly files?: readonly string[];
  }[];
}

/** The part of a Pod that the router has a word in. */
export interface PodSpec {
  readonly securityContext?: { readonly sysctls?: readonly { readonly name: string; readonly value: string }[] };
  readonly initContainers?: readonly Container[];
  readonly containers: readonly [Container, ...Container[]];
}

/** One container of a Pod. */
export interface Container {
  readonly name: string;
  readonly image?: string;
  readonly args?: readonly string[];
  readonly env?: readonly {
    readonly name: string;
    readonly value?: string;
    readonly valueFrom?: { readonly configMapKeyRef: { readonly name: string; readonly key: string } };
  }[];
  readonly ports?: readonly { readonly containerPort: number }[];
  readonly readinessProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly securityContext?: {
    readonly privileged?: boolean;
    readonly runAsUser?: number;
    readonly runAsNonRoot?: boolean;
    readonly readOnlyRootFilesystem?: boolean;
    readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] };
  };
  readonly terminationMessagePolicy?: string;
}

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: number };
}

/** Files below deploy/, as paths from the root of the checkout. */
export const deployFiles: readonly string[] = readdirSync('deploy', { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name))
  .sort();

/** Every YAML document below deploy/. */
export const manifests: readonly Manifest[] = deployFiles.filter((file) => file.endsWith('.yaml')).flatMap(readManifests);

/** The version that the manifests must name. */
export const version: string = JSON.parse(readFileSync('package.json', 'utf8')).version;

/** Every Pod, and every one that a Deployment makes. Patches have no images, so they are none. */
export const routerPods = manifests.flatMap((manifest) => {
  const pod = manifest.kind === 'Pod' ? manifest.spec : manifest.spec?.template?.spec;
  return pod?.containers === undefined ? [] : [{ manifest, pod: { ...pod, containers: pod.containers } }];
});

/** The documents of a file. @throws the faults of the YAML, duplicate keys among them */
export function readManifests(file: string): Manifest[] {
  return parseAllDocuments(readFileSync(file, 'utf8'), { strict: true }).map((document) => {
    if (document.errors[0] !== undefined) throw document.errors[0];
    return { file, ...document.toJS() };
  });
}

/** Variables of a container, with the values that a ConfigMap or a generator of the same folder gives them. */
export function environment(container: Container, file: string): Record<string, string> {
  return Object.fromEntries(
    (container.env ?? []).map(({ name, value, valueFrom }) => {
      const reference = valueFrom?.configMapKeyRef;
      return [name, reference === undefined ? (value ?? '') : (configMap(reference.name, dirname(file))[reference.key] ?? '')];
    }),
  );
}

function configMap(name: string, folder: string): Record<string, string> {
  const beside = manifests.filter(({ file }) => dirname(file) === folder);
  const written = beside.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata?.name === name);
  if (written !== undefined) return { ...written.data };
  const generator = beside.flatMap(({ configMapGenerator = [] }) => configMapGenerator).find((candidate) => candidate.name === name);
  if (generator === undefined) throw new Error(`no ConfigMap ${name} in ${folder}`);
  const literals = (generator.literals ?? []).map(split);
  const files = (generator.files ?? []).map(split).map(([key, path]) => [key, readFileSync(join(folder, path), 'utf8')] as const);
  return Object.fromEntries([...literals, ...files]);
}

function split(pair: string): [key: string, value: string] {
  const at = pair.indexOf('=');
  return [pair.slice(0, at), pair.slice(at + 1)];
}

/** What a kustomization names, as paths from the root of the checkout. */
export function referencesOf({ file, resources = [], components = [], patches = [], configMapGenerator = [] }: Manifest): string[] {
  const generated = configMapGenerator.flatMap(({ files = [] }) => files.map((pair) => split(pair)[1]));
  return [...resources, ...components, ...patches.map(({ path }) => path), ...generated].map((path) =>
    relative('.', join(dirname(file), path)),
  );
}
