import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { addresses } from '../../lab/addresses.ts';
import { type Capture, type CapturedPacket, capture } from '../../lab/capture.ts';
import { buildLab, type Lab } from '../../lab/lab.ts';
import type { LabOptions } from '../../lab/options.ts';
import { serve } from '../../lab/serve.ts';
import { type LeakWatch, watchLeaks } from '../../lab/watch-leaks.ts';
import type { Mode } from '../../src/config/router-config.ts';
import { type Fault, faults, leakOnPurpose } from './faults.ts';
import { patience, setUp, startRouterPod } from './router-pod.ts';
import { sendFromRouter, sendThroughRouter, type Traffic } from './traffic.ts';

/** How often each flow is tried while a fault lasts. */
const tries = 5;

const networks: Readonly<Record<Mode, LabOptions>> = {
  redirect: { podNetwork: 'calico', family: 'dual', rpFilter: 0 },
  'http-proxy': { podNetwork: 'openshift-sdn', family: 'dual', rpFilter: 2, macvlanState: 'multus' },
  'dns-proxy': { podNetwork: 'calico', family: 'dual', rpFilter: 1, macvlanParent: 'primary' },
};

/** A router that carries traffic, and all who look at it. */
interface Scene {
  readonly lab: Lab;
  readonly mode: Mode;
  readonly watch: LeakWatch;
  readonly arrivals: Capture;
  readonly client: Traffic;
  readonly router: Traffic;
}

suite('leaks', { concurrency: 3 }, () => {
  for (const mode of ['redirect', 'http-proxy', 'dns-proxy'] as const) {
    test(`${mode}: whatever breaks in mid-stream, no packet reaches the outside from another address, and it can be repaired`, async (t) => {
      await using lab = await buildLab(networks[mode]);
      await startEcho(lab);
      const main = await startRouterPod(lab, mode);
      await using watch = await watchLeaks(lab);
      await using arrivals = await capture(lab.host('router'), { iface: 'eth0', filter: 'tcp' });
      await using client = await sendThroughRouter(lab, mode);
      await using router = await sendFromRouter(lab);
      const scene = { lab, mode, watch, arrivals, client, router };
      await proveCarried(scene);
      for (const fault of faults) await t.test(`when ${fault.title}`, () => proveFault(scene, fault));
      await t.test('a deliberate leak is caught by the same watch', () => proveWatched(scene));
      assert.ok(main.isRunning, main.stderr);
    });
  }
});

/** All flows are answered. */
async function proveCarried({ client, router }: Scene): Promise<void> {
  await Promise.all([client.answers('stream', 'connect'), router.answers('stream', 'connect', 'datagram')]);
}

async function proveFault(scene: Scene, fault: Fault): Promise<void> {
  const { lab, mode, watch, client, router } = scene;
  const pod = lab.host('router');
  const since = Date.now();
  await fault.inflict(pod);
  await proveTried(scene, since, Date.now());
  await Promise.all([client.rounds(tries), router.rounds(tries)]);
  await (fault.undo === undefined ? setUp(lab, mode) : fault.undo(pod));
  await proveCarried(scene);
  const { leaks } = await watch.report();
  const found = leaks.filter((packet) => packet.time >= since);
  assert.deepEqual(found.map(formatPacket), []);
}

/** What a client sends while the fault lasts does come to the pod: of new connections, and of the one that was open before. */
async function proveTried({ lab, arrivals }: Scene, since: number, broken: number): Promise<void> {
  for (const family of lab.settings.families) {
    const { client } = addresses[family].subnet;
    const isNew = ({ time, source, flags }: CapturedPacket) => time >= broken && source === client && flags === 'S';
    const isOpen = ({ time, source, payload }: CapturedPacket) =>
      time >= broken && source === client && payload.toString().includes('more');
    // Where nothing translates it any more, the pod itself answers what belongs to no connection of its own (RFC 9293 3.10.7.1).
    const isReset = ({ time, destination, flags }: CapturedPacket) => time >= since && destination === client && flags === 'R';
    await arrivals.until(isNew, patience);
    await arrivals.until((packet) => isOpen(packet) || isReset(packet), patience);
  }
}

async function proveWatched({ lab, watch, router }: Scene): Promise<void> {
  await leakOnPurpose(lab.host('router'));
  await router.rounds(tries);
  const { seen, leaks } = await watch.report();
  for (const family of lab.settings.families) {
    const { subnet, lan } = addresses[family];
    assert.ok(seen.some(({ source }) => source === lan.source));
    assert.ok(leaks.some(({ source, protocol, flags }) => source === subnet.router && protocol === 'tcp' && flags === 'S'));
  }
}

async function startEcho(lab: Lab): Promise<void> {
  lab.attach(
    await serve(lab.host('outside'), [
      { kind: 'tcp-echo', port: 7 },
      { kind: 'udp-echo', port: 7 },
    ]),
  );
}

function formatPacket({ host, iface, protocol, source, destination, destinationPort, flags }: CapturedPacket): string {
  return `${host} ${iface}: ${protocol} ${source} > ${destination} ${destinationPort} ${flags}`;
}
