import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addresses, type Family } from '../../lab/addresses.ts';
import type { HostProcess } from '../../lab/host-process.ts';
import { buildLab, type Lab } from '../../lab/lab.ts';
import { serve } from '../../lab/serve.ts';
import { networkText, patience, setupLines, sourceVariables } from '../source-ip/router-pod.ts';

const families: readonly Family[] = ['ipv4', 'ipv6'];

const setupWith = (lab: Lab, family: Family, lines: readonly string[]) =>
  setupLines(lab.host('router'), {
    ...sourceVariables(family),
    ...{ EGRESS_ROUTER_MODE: 'init', EGRESS_DUPLICATE_CHECK: 'off', EGRESS_DESTINATION: lines.join('\n') },
  });

/** A client that stays: each line that it is given goes to the server, and comes back from an echo. */
function openClient(lab: Lab, protocol: 'tcp' | 'udp', address: string, port: number): Promise<HostProcess> {
  const target = address.includes(':') ? `[${address}]` : address;
  return lab.host('client').spawn('socat', ['-', `${protocol}:${target}:${port}`], { keepInput: true });
}

for (const family of families) {
  test(`redirect, ${family}: connections of a removed or changed rule are forgotten, those of the others go on`, async () => {
    await using lab = await buildLab({ family });
    const { subnet, outside } = addresses[family];
    const [first, second] = outside.servers;
    const ports = [80, 81, 82, 8000, 9999];
    const server = lab.attach(
      await serve(
        lab.host('outside'),
        ports.flatMap((port) => (['tcp-echo', 'udp-echo'] as const).map((kind) => ({ kind, port }))),
      ),
    );
    await setupWith(lab, family, [`80 tcp ${first}`, `81 tcp ${first}`, `82 udp ${first}`, `8000-8010 udp ${first}`, first]);
    const dialled = [
      ['tcp', 80],
      ['tcp', 81],
      ['udp', 82],
      ['udp', 8000],
      ['tcp', 9999],
    ] as const;
    const clients = await Promise.all(dialled.map(([protocol, port]) => openClient(lab, protocol, subnet.router, port)));
    for (const client of clients) {
      client.write('before\n');
      await client.line('before', 'stdout', patience);
    }

    // 80 stays, 81 goes to another server, 82 is gone and falls to the fallback, which is another too; so does the range.
    const lines = await setupWith(lab, family, [`80 tcp ${first}`, `81 tcp ${second}`, second]);
    const forgotten = lines.filter(({ step }) => step === 'connections').flatMap(({ changes = [] }) => changes);
    const asked = (protocol: string, port: number) =>
      `conntrack -D -f ${family} -p ${protocol} --orig-port-dst ${port} --reply-src ${first} --reply-port-src ${port}`;
    assert.deepEqual(forgotten.toSorted(), [asked('tcp', 81), asked('tcp', 9999), asked('udp', 82), asked('udp', 8000)].sort());
    const listed = await lab.host('router').output('conntrack', ['-L', '-f', family, '--dst-nat']);
    const kept = listed.split('\n').filter((line) => line.includes(` src=${first} `));
    assert.deepEqual(
      kept.map((line) => / dport=(\d+)/.exec(line)?.[1]),
      ['80'],
    );

    const [stays, , moves] = clients;
    stays?.write('after\n');
    await stays?.line('after', 'stdout', patience);
    // A datagram of the same client finds the new destination.
    moves?.write('after\n');
    await server.see((seen) => seen.port === 82 && seen.destination === second);
  });
}

test('redirect: ten thousand lines are one transaction of a few seconds, and a change of one line is one element', async () => {
  await using lab = await buildLab();
  const { subnet, outside, lan } = addresses.ipv4;
  const [first, second] = outside.servers;
  const server = lab.attach(
    await serve(lab.host('outside'), [
      { kind: 'tcp-echo', port: 80 },
      { kind: 'tcp-echo', port: 81 },
    ]),
  );
  const router = lab.host('router');
  const lines = Array.from({ length: 10_000 }, (_, index) => `${index + 1} tcp ${first} 80`);
  // A list of this size does not fit into a variable of execve(2), 128 KiB.
  const path = `${lab.folder}/list`;
  const apply = async (list: readonly string[]) => {
    await router.output('tee', [path], { input: list.join('\n') });
    const started = performance.now();
    const logged = await setupLines(router, {
      ...sourceVariables('ipv4'),
      ...{ EGRESS_ROUTER_MODE: 'init', EGRESS_DUPLICATE_CHECK: 'off', EGRESS_DESTINATION_FILE: path, EGRESS_HEALTH_PORT: '0' },
    });
    return { logged, milliseconds: performance.now() - started };
  };
  const ask = async (port: number) =>
    (await lab.host('client').run('socat', ['-t', '2', '-', `tcp:${subnet.router}:${port}`], { input: 'hello' })).stdout;

  const { milliseconds } = await apply(lines);
  assert.ok(milliseconds < 20_000, `${milliseconds} ms`);
  assert.equal(await ask(9999), 'hello');
  const before = await networkText(router);

  const monitor = await router.spawn('nft', ['monitor']);
  await apply(lines.with(4999, `5000 tcp ${second} 81`));
  const elements = await monitor.line(/^(add|delete) element .* 5000 /, 'stdout', patience);
  assert.match(elements, /^delete element inet egress_router ports_ipv4 \{ tcp \. 5000/);
  await monitor.line(/^add element .* tcp \. 5000 : 203\.0\.113\.26 \. 81/, 'stdout', patience);
  assert.equal(monitor.stdout.split('\n').filter((line) => / element .*ports_ipv4/.test(line)).length, 2, monitor.stdout);
  assert.doesNotMatch(monitor.stdout, /^delete (table|map|chain)/m);
  assert.equal(await ask(5000), 'hello');
  assert.deepEqual(
    server.seen.map(({ source, destination, port }) => `${source} -> ${destination} ${port}`),
    [`${lan.source} -> ${first} 80`, `${lan.source} -> ${second} 81`],
  );

  const { logged } = await apply(lines);
  assert.equal(logged.find(({ step }) => step === 'tables')?.changed, true);
  assert.equal(await networkText(router), before);
});
