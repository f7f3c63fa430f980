import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addresses, type Family } from '../../lab/addresses.ts';
import { type Capture, capture } from '../../lab/capture.ts';
import type { Host } from '../../lab/host.ts';
import { buildLab, type Lab } from '../../lab/lab.ts';
import { type Servers, serve } from '../../lab/serve.ts';
import { patience, setupLines, sourceVariables } from '../source-ip/router-pod.ts';
import { sctpInit, sctpInitAck } from './sctp-packet.ts';

const families: readonly Family[] = ['ipv4', 'ipv6'];
const networks = ['openshift-sdn', 'calico'] as const;
const inBrackets = (address: string) => (address.includes(':') ? `[${address}]` : address);

/** `setup` with a list, without the seconds of the duplicate check. */
const setupWith = (lab: Lab, family: Family, list: string, variables: Readonly<Record<string, string>> = {}) =>
  setupLines(lab.host('router'), {
    ...sourceVariables(family),
    ...{ EGRESS_ROUTER_MODE: 'init', EGRESS_DUPLICATE_CHECK: 'off', EGRESS_DESTINATION: list },
    ...variables,
  });

/** Dials, says hello, and gives what came back and what the program complained about. */
async function talk(host: Host, protocol: 'tcp' | 'udp', address: string, port: number): Promise<{ answer: string; error: string }> {
  const target = `${protocol}:${inBrackets(address)}:${port}${protocol === 'tcp' ? ',connect-timeout=2' : ''}`;
  const { stdout, stderr } = await host.run('socat', ['-t', '1', '-', target], { input: 'hello' });
  return { answer: stdout, error: stderr };
}

/** Where a server saw the last packet come from and go to. */
function lastSeen(servers: Servers): string {
  const seen = servers.seen.at(-1);
  return seen === undefined ? 'nothing' : `${seen.source} -> ${seen.destination} ${seen.port}`;
}

for (const family of families) {
  for (const podNetwork of networks) {
    test(`redirect, ${family} on ${podNetwork}: each line leads to its destination and port, from the source IP, and answers come back`, async () => {
      await using lab = await buildLab({ family, podNetwork, rpFilter: 1 });
      const { lan, subnet, outside } = addresses[family];
      const [first, second] = outside.servers;
      const ports = [80, 8080, 8443, 9005, 7777];
      const kinds = ['tcp-echo', 'udp-echo'] as const;
      const server = lab.attach(
        await serve(
          lab.host('outside'),
          ports.flatMap((port) => kinds.map((kind) => ({ kind, port }))),
        ),
      );
      await setupWith(
        lab,
        family,
        [`80 tcp ${first} 8080`, `80 udp ${second}`, `8443 tcp ${second}`, `9000-9010 udp ${first}`, second].join('\n'),
      );

      const dialled = [
        ['tcp', 80, `${first} 8080`],
        ['udp', 80, `${second} 80`],
        ['tcp', 8443, `${second} 8443`],
        ['udp', 9005, `${first} 9005`],
        ['tcp', 9005, `${second} 9005`],
        ['tcp', 7777, `${second} 7777`],
        ['udp', 7777, `${second} 7777`],
      ] as const;
      for (const client of ['client', 'otherClient', 'node'] as const) {
        for (const [protocol, port, destination] of dialled) {
          const { answer, error } = await talk(lab.host(client), protocol, subnet.router, port);
          assert.equal(answer, 'hello', `${client} ${protocol} ${port}: ${error}`);
          assert.equal(lastSeen(server), `${lan.source} -> ${destination}`, `${client} ${protocol} ${port}`);
        }
      }
    });
  }

  test(`redirect, ${family}: own ports are the router's, whatever range or fallback covers them, and ping is answered by the router`, async () => {
    await using lab = await buildLab({ family });
    const { subnet, outside, lan } = addresses[family];
    const [destination] = outside.servers;
    const server = lab.attach(await serve(lab.host('outside'), [{ kind: 'http', port: 9191 }]));
    await setupWith(lab, family, destination, { EGRESS_HEALTH_PORT: '9191' });
    const router = await lab
      .host('router')
      .spawn(process.execPath, ['src/main.ts', 'run'], { env: { EGRESS_HEALTH_PORT: '9191' }, capabilities: [] });
    await router.line('"ready"', 'stdout', patience);
    const answer = await lab.host('client').output('curl', ['-sf', '-m', '5', `http://${inBrackets(subnet.router)}:9191/readyz`]);
    assert.deepEqual(JSON.parse(answer), { ready: true, reasons: [] });
    const wire = lab.attach(await capture(lab.host('outside'), { iface: 'eth0' }));
    await lab.host('client').output('ping', ['-c', '1', '-W', '2', subnet.router]);
    assert.deepEqual(server.seen, []);
    assert.deepEqual(
      (await wire.stop()).filter(({ source }) => source === lan.source),
      [],
    );
  });

  test(`redirect, ${family}: without a fallback, a port that no line takes is refused by the router`, async () => {
    await using lab = await buildLab({ family });
    const { subnet, outside } = addresses[family];
    const server = lab.attach(await serve(lab.host('outside'), [{ kind: 'tcp-echo', port: 81 }]));
    await setupWith(lab, family, `80 tcp ${outside.servers[0]}`);
    assert.match((await talk(lab.host('client'), 'tcp', subnet.router, 81)).error, /refused/i);
    assert.match((await talk(lab.host('client'), 'udp', subnet.router, 81)).error, /refused/i);
    assert.deepEqual(server.seen, []);
  });

  test(`redirect, ${family}: the router is no way for packets to others, from inside or outside`, async () => {
    await using lab = await buildLab({ family });
    const { subnet, outside, lan } = addresses[family];
    const [destination, other] = outside.servers;
    const server = lab.attach(await serve(lab.host('outside'), [{ kind: 'tcp-echo', port: 80 }]));
    const client = lab.attach(await serve(lab.host('client'), [{ kind: 'tcp-echo', port: 80 }]));
    await setupWith(lab, family, `80 tcp ${destination}`);
    const length = family === 'ipv4' ? 32 : 128;
    // The node sends packets for the other server through the router pod, an outside host those for the client.
    await lab.host('node').output('ip', ['route', 'add', `${other}/${length}`, 'via', subnet.router, 'dev', 'veth-router', 'onlink']);
    await lab.host('lanHost').output('ip', ['route', 'add', `${subnet.client}/${length}`, 'via', lan.source]);
    assert.equal((await talk(lab.host('client'), 'tcp', other, 80)).answer, '');
    assert.equal((await talk(lab.host('lanHost'), 'tcp', subnet.client, 80)).answer, '');
    assert.deepEqual([server.seen, client.seen], [[], []]);
  });

  test(`redirect, ${family}: a port that the destination refuses is refused to the client, in UDP too`, async () => {
    await using lab = await buildLab({ family, podNetwork: 'calico', rpFilter: 1 });
    const { subnet, outside } = addresses[family];
    await setupWith(lab, family, outside.servers[0]);
    assert.match((await talk(lab.host('client'), 'tcp', subnet.router, 99)).error, /refused/i);
    assert.match((await talk(lab.host('client'), 'udp', subnet.router, 99)).error, /refused/i);
  });

  test(`redirect, ${family}: path MTU discovery works both ways with 1300 on the way`, async () => {
    await using lab = await buildLab({ family, podNetwork: 'calico', rpFilter: 1, transitMtu: 1300 });
    const { subnet, outside } = addresses[family];
    lab.attach(await serve(lab.host('outside'), [{ kind: 'tcp-echo', port: 7 }]));
    await setupWith(lab, family, `7 tcp ${outside.servers[0]}`);
    const size = 300_000;
    const { stdout } = await lab
      .host('client')
      .run('sh', ['-c', `head -c ${size} /dev/zero | socat -t 5 - tcp:${inBrackets(subnet.router)}:7 | wc -c`]);
    assert.equal(Number(stdout), size);
  });

  test(`redirect, ${family}: when the pod network is the narrow part, the server learns it from the router`, async () => {
    await using lab = await buildLab({ family, podNetwork: 'calico', rpFilter: 1 });
    const { subnet, outside, lan } = addresses[family];
    await setupWith(lab, family, `7 udp ${outside.servers[0]}`);
    const wire = lab.attach(await capture(lab.host('outside'), { iface: 'eth0' }));
    await lab.host('client').output('socat', ['-u', '-', `udp:${inBrackets(subnet.router)}:7`], { input: 'hello' });
    // The server answers with a datagram that its own network carries, and the pod network, with 1450, does not.
    const { port } = await conversation(lab.host('router'), family);
    await sendLarge(lab.host('outside'), family, lan.source, port);
    // Fragmentation needed (RFC 792), or packet too big (RFC 4443 3.2).
    const [type, code] = family === 'ipv4' ? [3, 4] : [2, 0];
    const error = await wire.until((packet) => packet.icmpType === type && packet.icmpCode === code && packet.source === lan.source);
    assert.equal(error.destination, outside.servers[0]);
  });

  test(`redirect, ${family}: SCTP is translated there and back`, async () => {
    await using lab = await buildLab({ family });
    const { subnet, outside, lan } = addresses[family];
    const [destination] = outside.servers;
    await setupWith(lab, family, `2905 sctp ${destination} 3905`);
    const address = (text: string) => `${family === 'ipv4' ? 'IP4' : 'IP6'}-SENDTO:${inBrackets(text)}:132`;
    const atServer = lab.attach(await capture(lab.host('outside'), { iface: 'eth0', filter: 'ip proto 132 or ip6 proto 132' }));
    const atClient = lab.attach(await capture(lab.host('client'), { iface: 'eth0', filter: 'ip proto 132 or ip6 proto 132' }));
    const ways = ({ packets }: Capture) =>
      packets.map((packet) => `${packet.source} ${packet.sourcePort} -> ${packet.destination} ${packet.destinationPort}`);
    await lab.host('client').output('socat', ['-t', '0', '-', address(subnet.router)], { input: sctpInit(40_000, 2905) });
    await atServer.flush();
    assert.deepEqual(ways(atServer), [`${lan.source} 40000 -> ${destination} 3905`]);
    await lab
      .host('outside')
      .output('socat', ['-t', '0', '-', `${address(lan.source)},bind=${inBrackets(destination)}`], { input: sctpInitAck(3905, 40_000) });
    await atClient.flush();
    assert.deepEqual(ways(atClient).at(-1), `${subnet.router} 2905 -> ${subnet.client} 40000`);
  });
}

/** The one UDP conversation that a router tracks: the port that the server sees. */
async function conversation(router: Host, family: Family): Promise<{ port: number }> {
  const listed = await router.output('conntrack', ['-L', '-f', family, '-p', 'udp', '--orig-port-dst', '7']);
  const ports = [...listed.matchAll(/dport=(\d+)/g)].map(([, port]) => Number(port));
  return { port: ports[1] ?? assert.fail(listed) };
}

/** A datagram from port 7 that makes a packet of 1500 bytes, which may not be fragmented on the way. */
async function sendLarge(outside: Host, family: Family, target: string, port: number): Promise<void> {
  const [source] = addresses[family].outside.servers;
  // 10 = IP_MTU_DISCOVER and 23 = IPV6_MTU_DISCOVER, both set to 2 = always.
  const option = family === 'ipv4' ? 'setsockopt-int=0:10:2' : 'setsockopt-int=41:23:2';
  const datagram = Buffer.alloc(family === 'ipv4' ? 1472 : 1452);
  const local = `bind=${inBrackets(source)}:7`;
  await outside.output('socat', ['-u', '-b', '2000', '-', `UDP-SENDTO:${inBrackets(target)}:${port},${local},${option}`], {
    input: datagram,
  });
}
