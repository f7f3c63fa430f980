import { poll } from '../../lab/cluster/poll.ts';
import type { Pod } from './pod.ts';
import type { Site } from './site.ts';

/**
 * The pod on `node` of a site, once its setup has said that the host with this MAC address has the source IP, and waits.
 * @throws Error with pods, events and logs after `timeout` milliseconds
 */
export async function untilWaiting({ namespace, selector }: Site, node: string | undefined, mac: string, timeout = 30_000): Promise<Pod> {
  const what = `is on ${node ?? 'a node'} and has a setup`;
  const hasSetup = ({ spec, status }: Pod) =>
    (node === undefined || spec.nodeName === node) && status.initContainerStatuses?.[0]?.state.running !== undefined;
  const pod = await namespace.untilPod(what, hasSetup, { selector, timeout });
  const words = ['logs', pod.metadata.name, '--container', 'setup'];
  await poll(
    `setup says that ${mac} has the source IP`,
    timeout,
    async () => (await namespace.kubectl(words)).includes(`"holder":"${mac}"`),
    () => namespace.explain(),
  );
  return pod;
}
