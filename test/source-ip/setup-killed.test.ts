import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addresses, type Family } from '../../lab/addresses.ts';
import { buildLab, type Lab } from '../../lab/lab.ts';
import { serve } from '../../lab/serve.ts';
import type { Run } from '../../src/net/run.ts';
import { applyPlan, applyWith, configOf, networkText, runIn, sourceVariables } from './router-pod.ts';

const families: readonly Family[] = ['ipv4', 'ipv6'];
const sources = families.map((family) => addresses[family].lan.source);
const list = families.map((family) => `7 tcp ${addresses[family].outside.servers[0]}\n7 udp ${addresses[family].outside.servers[0]}`);
const config = configOf({ ...sourceVariables(...families), EGRESS_ROUTER_MODE: 'init', EGRESS_DESTINATION: list.join('\n') });

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

/** Lets client and router pod send to the outside in every way; what arrives is in the server's record. */
async function tryToLeak(lab: Lab, fromRouterToo: boolean): Promise<void> {
  const attempt = (address: string) =>
    ['tcp', 'udp'].map((protocol) => `(exec 3<>/dev/${protocol}/${address}/7 && echo hello >&3 && head -c 1 <&3) &`).join('\n');
  // All at once: what is dropped takes as long as the slowest.
  const attempts = (host: 'client' | 'router', targets: readonly string[]) =>
    lab.host(host).run('timeout', ['0.5', 'bash', '-c', `${targets.map(attempt).join('\n')}\nwait`]);
  await Promise.all([
    attempts(
      'client',
      families.map((family) => addresses[family].subnet.router),
    ),
    ...(fromRouterToo
      ? [
          attempts(
            'router',
            families.map((family) => addresses[family].outside.servers[0]),
          ),
        ]
      : []),
  ]);
}

async function withServer(): Promise<{ lab: Lab; seen: () => string[] }> {
  const lab = await buildLab({ family: 'dual', podNetwork: 'calico' });
  const server = lab.attach(
    await serve(lab.host('outside'), [
      { kind: 'tcp-echo', port: 7 },
      { kind: 'udp-echo', port: 7 },
    ]),
  );
  return { lab, seen: () => server.seen.map(({ source }) => source) };
}

test('setup: killed before or after any command, it leaves nothing that leaks and can be run again', { timeout: 180_000 }, async () => {
  const commands: string[] = [];
  let complete = '';
  {
    const { lab, seen } = await withServer();
    await using _ = lab;
    // The control: what is tried at each point arrives when nothing is in the way, and the record tells from where.
    await tryToLeak(lab, true);
    assert.deepEqual([...new Set(seen())].sort(), [lab.nodeAddress('ipv6'), lab.nodeAddress('ipv4')].sort());
    await applyWith(lab.host('router'), config, killedAfter(runIn(lab.host('router')), Infinity, commands));
    complete = await networkText(lab.host('router'));
  }
  assert.ok(commands.length > 30, commands.join('\n'));
  const lastRule = commands.findLastIndex((line) => line.includes(' rule add '));

  const killAt = async (count: number): Promise<void> => {
    const where = `killed before '${commands[count] ?? 'the end'}'`;
    const { lab, seen } = await withServer();
    await using _ = lab;
    const killed = applyWith(lab.host('router'), config, killedAfter(runIn(lab.host('router')), count));
    if (count < commands.length) await assert.rejects(killed, Killed, where);
    else await killed;
    await tryToLeak(lab, count > lastRule);
    assert.deepEqual(
      seen().filter((source) => !sources.includes(source)),
      [],
      `${where}: another address was seen`,
    );
    await applyPlan(lab.host('router'), config);
    assert.equal(await networkText(lab.host('router')), complete, where);
    await tryToLeak(lab, true);
    assert.deepEqual([...new Set(seen())].sort(), [...sources].sort(), `${where}: run again`);
  };

  const points = Array.from({ length: commands.length + 1 }, (_, index) => index);
  await Promise.all(
    Array.from({ length: 6 }, async () => {
      for (let point = points.shift(); point !== undefined; point = points.shift()) await killAt(point);
    }),
  );
});
