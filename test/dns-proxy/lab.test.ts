import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { addresses, type Family } from '../../lab/addresses.ts';
import type { HostProcess } from '../../lab/host-process.ts';
import { buildLab, type Lab } from '../../lab/lab.ts';
import { type DnsRecord, startNameserver } from '../../lab/nameserver.ts';
import type { LabOptions } from '../../lab/options.ts';
import { type Seen, type Servers, serve } from '../../lab/serve.ts';
import { startRouterPod } from '../e2e/router-pod.ts';
import { until } from './loopback.ts';
import type { LoadSummary } from './programs/load.ts';

const program = fileURLToPath(new URL('programs/load.ts', import.meta.url));
const name = 'db.example.com';
const port = 5432;
const variables = {
  EGRESS_DNS_PROXY_DESTINATION: `${port} ${name} 7`,
  EGRESS_DNS_PROXY_CHECK_INTERVAL: '300ms',
  EGRESS_DNS_PROXY_HOLD: '20s',
  EGRESS_DNS_TIMEOUT: '1s',
  EGRESS_CONNECT_TIMEOUT: '1s',
};

const record = (data: string): DnsRecord => ({ name, type: data.includes(':') ? 'AAAA' : 'A', data });
const serversOf = (family: Family) => addresses[family].outside.servers;

/** A router pod in DNS proxy mode whose name is in the lab's zone, and two addresses outside that echo. */
async function setUp(options: LabOptions, records: readonly string[]) {
  const lab = await buildLab(options);
  const nameserver = await startNameserver(lab, { records: records.map(record) });
  const echo = lab.attach(await serve(lab.host('outside'), [{ kind: 'tcp-echo', port: 7 }]));
  const router = await startRouterPod(lab, 'dns-proxy', { variables });
  const setRecords = (...next: readonly string[]) => nameserver.setZone({ records: next.map(record) });
  return { lab, nameserver, echo, router, setRecords };
}

/** Clients in the cluster that open connections to the router until the summary is asked for. */
async function startLoad(lab: Lab, family: Family, clients = 2): Promise<{ stop(): Promise<LoadSummary> }> {
  const load = await lab.host('client').spawn(process.execPath, [program, addresses[family].subnet.router, `${port}`, `${clients}`], {
    keepInput: true,
  });
  await load.line('answered');
  return {
    async stop() {
      load.endInput();
      return JSON.parse(await load.line('"errors"', 'stdout', 30_000));
    },
  };
}

/** Waits until the servers that new connections reach are exactly these, and gives the milliseconds that took. */
function untilReached(echo: Servers, ...expected: readonly string[]): Promise<number> {
  const recent = () => {
    const connections = echo.seen.filter((seen): seen is Seen & { event: 'connection' } => seen.event === 'connection');
    return [...new Set(connections.slice(-20).map(({ destination }) => destination))].sort().join();
  };
  return until(() => recent() === expected.toSorted().join(), 15_000);
}

function linesOf(router: HostProcess, msg: string): readonly Record<string, unknown>[] {
  const lines = router.stdout.split('\n').slice(0, -1);
  return lines.map((line): Record<string, unknown> => JSON.parse(line)).filter((line) => line.msg === msg);
}

describe('DNS proxy in the lab', { concurrency: true }, () => {
  test('run, dual stack: under load, clients follow the zone as it grows, changes its family, and fails, without an error, and from the source IP', async () => {
    const [first, second] = serversOf('ipv4');
    const [third] = serversOf('ipv6');
    const { lab, nameserver, echo, router, setRecords } = await setUp({ family: 'dual', podNetwork: 'calico' }, [first]);
    await using _ = lab;
    const load = await startLoad(lab, 'ipv4');
    await untilReached(echo, first);
    await setRecords(first, second, third);
    await untilReached(echo, first, second, third);
    await setRecords(third);
    await untilReached(echo, third);
    await setRecords(second);
    await untilReached(echo, second);
    // Shorter than the hold: nobody notices.
    await setRecords();
    await router.line('"cause":"not-found"');
    await nameserver.setZone({ records: [], failing: [name] });
    await router.line('"cause":"server-failed"');
    nameserver.pause();
    await router.line('"cause":"timeout"');
    nameserver.resume();
    await setRecords(first);
    await untilReached(echo, first);
    const { answered, errors } = await load.stop();
    assert.deepEqual(errors, []);
    assert.ok(answered > 20, `${answered} answers`);
    // A health check may be over before the server has asked who it was.
    const sources = new Set(echo.seen.map(({ source }) => source).filter((source) => source !== ''));
    assert.deepEqual(sources, new Set([addresses.ipv4.lan.source, addresses.ipv6.lan.source]));
    const clients = new Set(linesOf(router, 'connection').map(({ client }) => client));
    assert.deepEqual(clients, new Set([addresses.ipv4.subnet.client]));
  });

  test('run, ipv6: an address change reaches new connections within a second, and open ones stay', async () => {
    const [first, second] = serversOf('ipv6');
    const { lab, echo, setRecords } = await setUp({ family: 'ipv6' }, [first]);
    await using _ = lab;
    const [old, load] = await Promise.all([
      lab.host('client').spawn('socat', ['-t5', '-', `TCP6:[${addresses.ipv6.subnet.router}]:${port}`], { keepInput: true }),
      startLoad(lab, 'ipv6'),
    ]);
    old.write('before\n');
    await old.line('before');
    await untilReached(echo, first);
    await setRecords(second);
    const elapsed = await until(() => echo.seen.at(-1)?.event === 'connection' && isAt(echo.seen.at(-1), second));
    assert.ok(elapsed < 2_500, `${elapsed} ms`);
    await untilReached(echo, second);
    old.write('after\n');
    await old.line('after');
    assert.deepEqual((await load.stop()).errors, []);
    // Half-close: what comes after our end is what was sent before it.
    old.write('last\n');
    old.endInput();
    assert.deepEqual(await old.exit, { code: 0, signal: null });
    assert.equal(old.stdout, 'before\nafter\nlast\n');
  });

  for (const [how, verdict] of [
    ['refuses', 'reject with tcp reset'],
    ['is silent', 'drop'],
  ] as const) {
    test(`run, ipv4: when one of two endpoints ${how} under load, no client sees an error, and it is used again when it is back`, async () => {
      const [first, second] = serversOf('ipv4');
      const { lab, echo, router } = await setUp({}, [first, second]);
      await using _ = lab;
      const outside = lab.host('outside');
      const load = await startLoad(lab, 'ipv4', 4);
      await untilReached(echo, first, second);
      // Only new connections: what is open ends as it began.
      await outside.output('nft', ['-f', '-'], {
        input: `table ip dead { chain input { type filter hook input priority 0;
          ip daddr ${first} tcp dport 7 tcp flags & (syn | ack) == syn ${verdict}
        }
        }`,
      });
      await router.line((line) => line.includes('"change":"down"') && line.includes(first));
      await untilReached(echo, second);
      await outside.output('nft', ['delete', 'table', 'ip', 'dead']);
      await router.line((line) => line.includes('"change":"up"') && line.includes(first));
      await untilReached(echo, first, second);
      const { answered, errors, slowest } = await load.stop();
      assert.deepEqual(errors, []);
      assert.ok(answered > 10 && slowest < 8_000, `${answered} answers, the slowest after ${slowest} ms`);
      assert.ok(linesOf(router, 'connection').some(({ dials, decision }) => Number(dials) > 1 && decision === 'allow'));
    });
  }

  test('run, ipv4: a name that leads into the cluster or to the router leads nowhere', async () => {
    const { subnet, lan, service } = addresses.ipv4;
    const bad = [subnet.router, lan.source, service.dns, '127.0.0.1', '169.254.169.254'];
    const { lab, router } = await setUp({}, bad);
    await using _ = lab;
    const { code } = await lab.host('client').run('curl', ['-s', '-m', '5', `http://${subnet.router}:${port}/`]);
    // What curl says of a reset, depending on how soon it comes.
    assert.ok(code === 56 || code === 7, `${code}`);
    await until(() => linesOf(router, 'endpoint').length === bad.length);
    const causes = linesOf(router, 'endpoint').map(({ change, endpoint, cause }) => `${change} ${endpoint} ${cause}`);
    assert.deepEqual(
      causes.toSorted(),
      [
        `refused ${subnet.router}:7 own address`,
        `refused ${lan.source}:7 own address`,
        `refused ${service.dns}:7 nameserver`,
        'refused 127.0.0.1:7 loopback',
        'refused 169.254.169.254:7 link-local',
      ].toSorted(),
    );
  });
});

function isAt(seen: Seen | undefined, address: string): boolean {
  return seen?.destination === address;
}
