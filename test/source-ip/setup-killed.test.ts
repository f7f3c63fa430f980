import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addresses, type Family } from '../../lab/addresses.ts';
import { buildLab, type Lab } from '../../lab/lab.ts';
import { type Servers, serve } from '../../lab/serve.ts';
import type { RouterConfig } from '../../src/config/router-config.ts';
import type { Run } from '../../src/net/run.ts';
import { applyPlan, applyWith, attempt, configOf, networkText, reach, runIn, sourceVariables } from './router-pod.ts';

const families: readonly Family[] = ['ipv4', 'ipv6'];
const sources = families.map((family) => addresses[family].lan.source);
const list = families.map((family) => `7 tcp ${addresses[family].outside.servers[0]}\n7 udp ${addresses[family].outside.servers[0]}`);
const config = configOf({ ...sourceVariables(...families), EGRESS_ROUTER_MODE: 'init', EGRESS_DESTINATION: list.join('\n') });

/** For the second run: who else has the address is asked by the first. */
const unchecked: RouterConfig = { ...config, settings: { ...config.settings, duplicateCheck: 'off' } };

/** Stands for the end of the process: nothing runs after it. */
class Killed extends Error {}

/** Whether a command changes the pod. One that only reads leaves the state that it found, so to be killed there is nothing new. */
const changes = (line: string) => !/ (show|list)\b/.test(line);

/** A `Run` that ends with the process after so many changing commands. */
function killedAfter(run: Run, count: number, seen: string[] = []): Run {
  let killed = false;
  return async (command, args, options) => {
    const line = [command, ...args].join(' ');
    killed ||= changes(line) && seen.length >= count;
    if (killed) throw new Killed();
    if (changes(line)) seen.push(line);
    return run(command, args, options);
  };
}

const routers = families.map((family) => addresses[family].subnet.router);
const servers = families.map((family) => addresses[family].outside.servers[0]);

function serveOutside(lab: Lab): Promise<Servers> {
  return serve(
    lab.host('outside'),
    (['tcp-echo', 'udp-echo'] as const).map((kind) => ({ kind, port: 7 })),
  );
}

/**
 * Gives the router pod a fresh macvlan0 and takes everything of ours away: a fraction of what a new lab costs.
 * That it is as fresh as a new one is for the caller to compare.
 */
async function refresh(lab: Lab): Promise<void> {
  const router = lab.host('router');
  const rules = ['-4', '-6'].map((option) => `for p in $(seq 17739 17745); do while ip ${option} rule del pref $p; do :; done; done`);
  const undo = [
    'ip link delete macvlan0',
    ...['inet', 'arp'].map((family) => `nft delete table ${family} egress_router`),
    ...rules,
    ...['-4', '-6'].map((option) => `ip ${option} route flush table 17746`),
    'sysctl -w net.ipv6.conf.all.forwarding=0 net.ipv4.ip_unprivileged_port_start=1024',
    'conntrack -F',
  ];
  await router.run('sh', ['-c', undo.join('\n')]);
  const make = `ip link add mv0 link ext0 type macvlan mode private && ip link set mv0 netns ${router.pid} name macvlan0`;
  await lab.host('node').output('sh', ['-c', make]);
}

test('setup: killed before or after any command, it leaves nothing that leaks and can be run again', { timeout: 380_000 }, async () => {
  const labs = await Promise.all([1, 2, 3, 4].map(() => buildLab({ family: 'dual', podNetwork: 'calico' })));
  await using cleanup = new AsyncDisposableStack();
  for (const lab of labs) cleanup.use(lab);
  const [first] = labs;
  assert.ok(first !== undefined);
  const fresh = await networkText(first.host('router'));

  const server = first.attach(await serveOutside(first));
  // The control: what is tried at each point arrives when nothing is in the way, and the record tells from where.
  await reach(first.host('router'), servers);
  assert.deepEqual(
    [...new Set(server.seen.map(({ source }) => source))].sort(),
    families.map((family) => first.nodeAddress(family)).sort(),
  );
  await server[Symbol.asyncDispose]();
  const commands: string[] = [];
  await applyWith(first.host('router'), config, killedAfter(runIn(first.host('router')), Infinity, commands));
  const complete = await networkText(first.host('router'));
  assert.ok(commands.length > 30, commands.join('\n'));
  const lastRule = commands.findLastIndex((line) => line.includes(' rule add '));

  const killAt = async (lab: Lab, count: number): Promise<void> => {
    const where = `killed before '${commands[count] ?? 'the end'}'`;
    const router = lab.host('router');
    await refresh(lab);
    assert.equal(await networkText(router), fresh, where);
    await using record = await serveOutside(lab);
    const seen = () => record.seen.map(({ source }) => source);

    const killed = applyWith(router, config, killedAfter(runIn(router), count));
    if (count < commands.length) await assert.rejects(killed, Killed, where);
    else await killed;
    await Promise.all([attempt(lab.host('client'), routers), ...(count > lastRule ? [attempt(router, servers)] : [])]);
    assert.deepEqual(
      seen().filter((source) => !sources.includes(source)),
      [],
      `${where}: another address was seen`,
    );
    await applyPlan(router, unchecked);
    assert.equal(await networkText(router), complete, where);
    await Promise.all([reach(lab.host('client'), routers), reach(router, servers)]);
    assert.deepEqual([...new Set(seen())].sort(), [...sources].sort(), `${where}: run again`);
  };

  const points = Array.from({ length: commands.length + 1 }, (_, index) => index);
  await Promise.all(
    labs.map(async (lab) => {
      for (let point = points.shift(); point !== undefined; point = points.shift()) await killAt(lab, point);
    }),
  );
});
