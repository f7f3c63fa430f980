import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { CapturedPacket } from './capture.ts';
import { judgeLeak, type LeakContext, type LeakVerdict, type Wire } from './leak.ts';

const context: LeakContext = {
  sources: ['192.168.12.99', '2001:db8:12::99'],
  podAddresses: ['10.128.0.10', 'fd01::10'],
  inside: ['10.128.0.0/14', '172.30.0.0/16', '192.168.12.10/32', 'fd01::/48'],
  otherMacs: ['02:00:00:00:00:0a'],
};

const blank: CapturedPacket = {
  srcMac: '02:00:00:00:00:99',
  dstMac: '02:00:00:00:00:01',
  family: 'ipv4',
  protocol: 'tcp',
  source: '192.168.12.99',
  destination: '203.0.113.25',
  sourcePort: 40_000,
  destinationPort: 80,
  flags: 'S',
  icmpType: 0,
  icmpCode: 0,
  payload: Buffer.alloc(0),
  time: 0,
  host: 'lan',
  iface: 'node',
  length: 74,
  isOwn: false,
};

const cases: readonly (readonly [title: string, wire: Wire, packet: Partial<CapturedPacket>, verdict: LeakVerdict])[] = [
  ['the source IP on the LAN', 'lan', {}, 'reserved'],
  ['the source IP at the outside', 'outside', {}, 'reserved'],
  ['the address of the pod on the LAN', 'lan', { source: '10.128.0.10' }, 'leak'],
  ['the address of the pod on the LAN, sent on by the node', 'lan', { source: '10.128.0.10', srcMac: '02:00:00:00:00:0a' }, 'leak'],
  ['the address of the pod at the outside', 'outside', { source: '10.128.0.10' }, 'leak'],
  ['the address of the node from the MAC of the router', 'lan', { source: '192.168.12.10' }, 'leak'],
  ['the traffic of the node itself', 'lan', { source: '192.168.12.10', srcMac: '02:00:00:00:00:0a' }, 'other'],
  ['the traffic of the node itself at the outside', 'outside', { source: '192.168.12.10' }, 'other'],
  ['an answer of the outside', 'outside', { source: '203.0.113.25', destination: '10.128.0.10', isOwn: true }, 'other'],
  ['the outside by the pod network', 'pod', { source: '10.128.0.10' }, 'leak'],
  ['the outside by the pod network with the source IP', 'pod', {}, 'leak'],
  ['another pod by the pod network', 'pod', { source: '10.128.0.10', destination: '10.129.2.20' }, 'other'],
  ['a probe of the node, answered', 'pod', { source: '10.128.0.10', destination: '192.168.12.10' }, 'other'],
  ['the LAN by the pod network', 'pod', { source: '10.128.0.10', destination: '192.168.12.50' }, 'leak'],
  ['what the node sends to the pod', 'pod', { source: '203.0.113.25', destination: '10.128.0.10', isOwn: true }, 'other'],
  ['ARP', 'lan', { family: 'arp', protocol: 'arp', source: '10.128.0.10' }, 'other'],
  [
    'a neighbour solicitation',
    'lan',
    { family: 'ipv6', protocol: 'icmpv6', icmpType: 135, source: 'fd01::10', destination: 'ff02::1:ff00:1' },
    'other',
  ],
  [
    'a ping, which is no neighbour discovery',
    'lan',
    { family: 'ipv6', protocol: 'icmpv6', icmpType: 128, source: 'fd01::10', destination: '2001:db8::1' },
    'leak',
  ],
  ['a link-local address', 'lan', { family: 'ipv6', source: 'fe80::1', destination: '2001:db8::1' }, 'other'],
  ['a report to a group of the link', 'lan', { protocol: 'other', source: '10.128.0.10', destination: '224.0.0.22' }, 'other'],
];

describe('judgeLeak', () => {
  for (const [title, wire, packet, verdict] of cases) {
    test(`judgeLeak: ${title} is ${verdict === 'other' ? 'no affair of the watch' : verdict}`, () => {
      assert.equal(judgeLeak({ ...blank, ...packet }, wire, context), verdict);
    });
  }
});
