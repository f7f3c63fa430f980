import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { protocols, type RedirectList } from '../config/router-config.ts';
import { type IpAddress, parseIpAddress } from '../net/ip-address.ts';
import type { NftMap } from '../nftables/ruleset.ts';
import { scriptedEffects } from '../source-ip/scripted-effects.ts';
import { type Connection, parseConnections } from './connection.ts';
import { findOrphans, forgetConnections } from './forget-connections.ts';
import { planRedirect } from './plan-redirect.ts';

const parse = (text: string): IpAddress => parseIpAddress(text) ?? assert.fail(text);
const place = { variable: 'EGRESS_DESTINATION', line: 1, text: '' };
const source = parse('192.168.12.99');

/** What `conntrack -L --dst-nat` of conntrack-tools 1.4.7 prints. */
const listing = `tcp      6 431999 ESTABLISHED src=10.128.0.9 dst=10.128.0.7 sport=40000 dport=80 src=203.0.113.25 dst=192.168.12.99 sport=8080 dport=40000 [ASSURED] mark=0 use=1
udp      17 28 src=10.128.0.9 dst=10.128.0.7 sport=40001 dport=53 [UNREPLIED] src=203.0.113.53 dst=192.168.12.99 sport=53 dport=40001 mark=0 use=1
tcp      6 431999 ESTABLISHED src=10.128.0.9 dst=10.128.0.7 sport=40002 dport=15006 src=127.0.0.1 dst=10.128.0.9 sport=15006 dport=40002 [ASSURED] mark=0 use=1
icmp     1 29 src=10.128.0.9 dst=10.128.0.7 type=8 code=0 id=7 src=203.0.113.25 dst=192.168.12.99 type=0 code=0 id=7 mark=0 use=1
`;
const list = (...rules: readonly (readonly ['tcp' | 'udp', number, string, number])[]): RedirectList => ({
  mode: 'redirect',
  given: true,
  rules: rules.map(([protocol, port, destination, targetPort]) => ({
    ...place,
    ...{ protocol, ports: { first: port, last: port }, destination: parse(destination), targetPort },
  })),
  fallbacks: [],
});

test('parseConnections: reads the port that was dialled, and where it goes', () => {
  const common = { family: 'ipv4', answeredTo: '192.168.12.99' };
  assert.deepEqual(parseConnections(listing, 'ipv4').slice(0, 2), [
    { ...common, protocol: 'tcp', port: 80, destination: '203.0.113.25', destinationPort: 8080 },
    { ...common, protocol: 'udp', port: 53, destination: '203.0.113.53', destinationPort: 53 },
  ]);
  assert.equal(parseConnections(listing, 'ipv4').length, 3);
});

const deleteUdp = 'conntrack -D -f ipv4 -p udp --orig-port-dst 53 --reply-src 203.0.113.53 --reply-port-src 53';

test('forgetConnections: ends what no rule leads to any more, and nothing that others translate', async () => {
  const effects = scriptedEffects((line) => (line.includes('-L') ? listing : undefined));
  assert.equal(await forgetConnections(effects, list(['tcp', 80, '203.0.113.25', 8080]), [source]), true);
  assert.deepEqual(effects.commands, ['conntrack -L -f ipv4 --dst-nat', deleteUdp]);
});

test('forgetConnections: with all rules there, nothing is ended', async () => {
  const effects = scriptedEffects((line) => (line.includes('-L') ? listing : undefined));
  const rules = list(['tcp', 80, '203.0.113.25', 8080], ['udp', 53, '203.0.113.53', 53]);
  assert.equal(await forgetConnections(effects, rules, [source]), false);
  assert.deepEqual(effects.commands, ['conntrack -L -f ipv4 --dst-nat']);
});

test('forgetConnections: a connection that ended meanwhile is no error, a refusal is one', async () => {
  const answer = (stderr: string) => scriptedEffects((line) => (line.includes('-L') ? listing : { code: 1, stderr }));
  const rules = list(['tcp', 80, '203.0.113.25', 8080]);
  await forgetConnections(answer('conntrack v1.4.7: 0 flow entries have been deleted.'), rules, [source]);
  await assert.rejects(forgetConnections(answer('conntrack v1.4.7: Operation failed: Operation not permitted'), rules, [source]), {
    code: 'PERMISSION_DENIED',
  });
});

const port = fc.integer({ min: 1, max: 40 });
const destination = fc.constantFrom('203.0.113.1', '203.0.113.2', '2001:db8::1').map(parse);
const rule = fc
  .record({
    protocol: fc.constantFrom(...protocols),
    first: port,
    width: fc.integer({ min: 0, max: 5 }),
    destination,
    targetPort: fc.option(port, { nil: undefined }),
  })
  .map(({ protocol, first, width, destination: to, targetPort }) => ({
    ...place,
    ...{ protocol, destination: to, ports: { first, last: first + width }, targetPort: width === 0 ? targetPort : undefined },
  }));
const anyList: fc.Arbitrary<RedirectList> = fc.record({
  mode: fc.constant('redirect' as const),
  given: fc.constant(true),
  // Like the parser, which refuses two lines for one port of a family and protocol.
  rules: fc.uniqueArray(rule, {
    comparator: (a, b) =>
      a.protocol === b.protocol &&
      a.destination.family === b.destination.family &&
      a.ports.first <= b.ports.last &&
      b.ports.first <= a.ports.last,
  }),
  fallbacks: fc.uniqueArray(
    destination.map((to) => ({ ...place, destination: to })),
    { selector: (fallback) => fallback.destination.family },
  ),
});

/** Where the maps send a packet: what the kernel does with the chain of planRedirect. */
function lookUp(maps: readonly NftMap[], family: string, protocol: string, dialled: number): string | undefined {
  const findValue = (name: string, matches: (key: string) => boolean) =>
    maps.find((map) => map.name === `${name}_${family}`)?.elements.find(({ key }) => matches(key))?.value;
  const inRange = (key: string) => {
    const [, name, first, last] = /^(\w+) \. (\d+)-(\d+)$/.exec(key) ?? [];
    return name === protocol && Number(first) <= dialled && dialled <= Number(last);
  };
  const exact = findValue('ports', (key) => key === `${protocol} . ${dialled}`);
  const address = findValue('ranges', inRange) ?? findValue('fallback', (key) => key === protocol);
  return exact?.replace(' . ', ' ') ?? (address === undefined ? undefined : `${address} ${dialled}`);
}

test('findOrphans: agrees with the maps about where every connection belongs', () => {
  const dialled = fc.record({ family: fc.constantFrom('ipv4' as const, 'ipv6' as const), protocol: fc.constantFrom(...protocols), port });
  fc.assert(
    fc.property(anyList, dialled, destination, port, (redirects, { family, protocol, port: number }, elsewhere, elsewherePort) => {
      const { maps } = planRedirect(redirects, { clusterInterface: 'eth0', ownPorts: [] });
      const target = lookUp(maps, family, protocol, number);
      const connectionTo = (to: string): Connection => {
        const [address = '', targetPort] = to.split(' ');
        return { family, protocol, port: number, destination: address, destinationPort: Number(targetPort), answeredTo: source.text };
      };
      if (target !== undefined) assert.deepEqual(findOrphans(redirects, [connectionTo(target)]), []);
      const other = `${elsewhere.text} ${elsewherePort}`;
      assert.equal(findOrphans(redirects, [connectionTo(other)]).length, other === target ? 0 : 1);
    }),
  );
});
