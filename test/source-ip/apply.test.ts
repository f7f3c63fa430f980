import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addresses } from '../../lab/addresses.ts';
import type { Host } from '../../lab/host.ts';
import { buildLab } from '../../lab/lab.ts';
import { planTranslation } from '../../src/cli/translation.ts';
import type { Run } from '../../src/net/run.ts';
import { describePlan } from '../../src/source-ip/format-plan.ts';
import { observePodNetwork } from '../../src/source-ip/observe-pod-network.ts';
import { planSourceIp } from '../../src/source-ip/plan-source-ip.ts';
import { applyPlan, applyWith, configOf, effectsOn, networkText, runIn, sourceVariables } from './router-pod.ts';

const { ipv4, ipv6 } = addresses;
const config = configOf({
  ...sourceVariables('ipv4', 'ipv6'),
  EGRESS_ROUTER_MODE: 'init',
  EGRESS_DESTINATION: `80 tcp ${ipv4.outside.servers[0]} 8080\n${ipv6.outside.servers[0]}`,
});

test('plan: prints the commands that setup runs on a fresh pod, in the same order, with the same ruleset', async () => {
  await using lab = await buildLab({ family: 'dual' });
  const router = lab.host('router');
  const effects = effectsOn(router, runIn(router));
  const pod = await observePodNetwork(effects, 'eth0');
  const planned = describePlan(planSourceIp(config, pod, planTranslation(config)))
    .flatMap(({ commands }) => commands)
    // Written through /proc/sys, and only read.
    .filter(({ words: [program, , verb] }) => program !== 'sysctl' && verb !== 'show');

  const ran: { line: string; input: string | undefined }[] = [];
  await applyWith(router, config, (command, args, options) => {
    const line = [command, ...args].join(' ');
    const isSecondRound = /^arping -[UA] /.test(line) && ran.some((other) => other.line === line);
    if (!/ (show|list)\b/.test(line) && !isSecondRound) ran.push({ line, input: options?.input });
    return runIn(router)(command, args, options);
  });
  assert.deepEqual(
    ran,
    planned.map(({ words, input }) => ({ line: words.join(' '), input })),
  );
});

/** A `Run` in which one program cannot be started. */
const without =
  (router: Host, missing: string): Run =>
  (command, args, options) =>
    command === missing
      ? Promise.resolve({ code: 127, stdout: '', stderr: `spawn ${missing} ENOENT` })
      : runIn(router)(command, args, options);

const holders = (router: Host) => router.output('ip', ['-brief', 'address', 'show', 'dev', 'macvlan0', 'scope', 'global']);

test('setup: an error after the source IP was claimed takes it away again; guards, rules and unreachable routes stay', async () => {
  await using lab = await buildLab({ family: 'dual' });
  const router = lab.host('router');
  // ping is the last program of all.
  await assert.rejects(applyWith(router, config, without(router, 'ping')), { code: 'PROGRAM_MISSING' });
  assert.doesNotMatch(await holders(router), /99/);
  const left = await networkText(router);
  for (const kept of [/17745:\tfrom all iif eth0 lookup 17746/, /unreachable default table 17746/, /chain guard_output/])
    assert.match(left, kept);
});

test('setup: an error in a later run keeps the source IP that was there', async () => {
  await using lab = await buildLab({ family: 'dual' });
  const router = lab.host('router');
  await applyPlan(router, config);
  const before = await networkText(router);
  await assert.rejects(applyWith(router, config, without(router, 'ping')), { code: 'PROGRAM_MISSING' });
  assert.equal(await networkText(router), before);
});
