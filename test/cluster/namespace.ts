import { randomBytes } from 'node:crypto';
import type { Cluster, KubectlOptions } from '../../lab/cluster/cluster.ts';
import { poll } from '../../lab/cluster/poll.ts';
import { isReady, type Pod } from './pod.ts';

/** Which pods are waited for, and how long. */
export interface UntilPodOptions {
  /** A label selector, such as `app=egress-redirect`; default: every pod of the namespace. */
  readonly selector?: string;
  /** Milliseconds; default 60,000. */
  readonly timeout?: number;
}

/** A namespace that a test has for itself. Disposing of it deletes it, and resolves once its pods are gone: their addresses are free then. */
export class Namespace {
  readonly cluster: Cluster;
  readonly name: string;

  /** Makes a namespace that admits NET_ADMIN and NET_RAW, and whose pods may use routers of other namespaces. Its name is `word` and something random. */
  static async open(cluster: Cluster, word: string): Promise<Namespace> {
    const name = `${word}-${randomBytes(3).toString('hex')}`;
    const labels = { 'pod-security.kubernetes.io/enforce': 'privileged', 'egress-client': 'true' };
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
    await cluster.kubectl(['apply', '-f', '-'], { input: JSON.stringify(namespace) });
    return new Namespace(cluster, name);
  }

  private constructor(cluster: Cluster, name: string) {
    this.cluster = cluster;
    this.name = name;
  }

  /** kubectl in this namespace: its standard output. @throws Error with its standard error. */
  kubectl(words: readonly string[], options?: KubectlOptions): Promise<string> {
    return this.cluster.kubectl(['--namespace', this.name, ...words], options);
  }

  /** Applies manifests: YAML text, or objects. */
  async apply(manifests: string | readonly object[]): Promise<void> {
    const list = { apiVersion: 'v1', kind: 'List', items: manifests };
    await this.kubectl(['apply', '-f', '-'], { input: typeof manifests === 'string' ? manifests : JSON.stringify(list) });
  }

  /** The pods that there are, those that are ending among them. */
  async pods(selector?: string): Promise<Pod[]> {
    const words = selector === undefined ? [] : ['--selector', selector];
    return JSON.parse(await this.kubectl(['get', 'pods', '--output=json', ...words])).items;
  }

  /**
   * The first pod that satisfies `matches`, as soon as there is one.
   * @throws Error that says what was waited for, and what is there instead.
   */
  untilPod(what: string, matches: (pod: Pod) => boolean, { selector, timeout = 60_000 }: UntilPodOptions = {}): Promise<Pod> {
    return poll(
      `a pod ${what}`,
      timeout,
      async () => (await this.pods(selector)).find(matches),
      () => this.explain(),
    );
  }

  /** The first pod that is ready. @throws Error with what is there instead. */
  untilReady(options?: UntilPodOptions): Promise<Pod> {
    return this.untilPod('is ready', isReady, options);
  }

  /** What a person would look at when something does not come up: pods, events, logs. For errors. */
  async explain(): Promise<string> {
    const pods = await this.pods();
    const questions = [
      ['get', 'pods', '--output=wide'],
      ['get', 'events', '--sort-by=.lastTimestamp'],
      ...pods.map(({ metadata }) => ['logs', metadata.name, '--all-containers', '--prefix', '--tail=30']),
    ];
    const answers = await Promise.all(
      questions.map((words) => this.kubectl(words).catch((error: unknown) => `kubectl ${words.join(' ')}: ${String(error)}`)),
    );
    const states = pods.map(({ metadata, status }) =>
      JSON.stringify({ pod: metadata.name, setup: status.initContainerStatuses, main: status.containerStatuses }),
    );
    return [`namespace ${this.name}`, ...answers, ...states].join('\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Once it is marked as ending, no controller makes new pods in it.
    await this.cluster.kubectl(['delete', 'namespace', this.name, '--wait=false']);
    await this.kubectl(['delete', 'pods', '--all', '--timeout=60s'], { timeout: 70_000 });
  }
}
