import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parsePacket } from './packet.ts';
import { crc32c, formatSctp } from './sctp.ts';

const ethernet = (type: string, body: string) => Buffer.from(`020000000002020000000001${type}${body}`.replace(/\s/g, ''), 'hex');

const frames = [
  {
    title: 'TCP over IPv4',
    frame: ethernet('0800', '45000028 00004000 4006 0000 c0000201 cb007119  1f90 0050 00000001 00000000 5002 ffff 0000 0000'),
    expected: {
      family: 'ipv4',
      protocol: 'tcp',
      source: '192.0.2.1',
      destination: '203.0.113.25',
      sourcePort: 8080,
      destinationPort: 80,
      flags: 'S',
    },
  },
  {
    title: 'UDP over IPv6 behind hop-by-hop options',
    frame: ethernet(
      '86dd',
      '60000000 0012 00 40 20010db8000000000000000000000001 20010db8000000000000000000000002 1100 0502 0000 0100 0035 0036 000a 0000 6869',
    ),
    expected: { family: 'ipv6', protocol: 'udp', source: '2001:db8::1', destination: '2001:db8::2', sourcePort: 53, destinationPort: 54 },
  },
  {
    title: 'a later fragment, which has no ports',
    frame: ethernet('0800', '4500001c 00000001 4011 0000 c0000201 cb007119 0035003600080000'),
    expected: { family: 'ipv4', protocol: 'udp', sourcePort: 0, destinationPort: 0 },
  },
  {
    title: 'ICMP fragmentation needed',
    frame: ethernet('0800', '4500001c 00000000 4001 0000 c0000201 cb007119 0304 0000 0000 0514'),
    expected: { family: 'ipv4', protocol: 'icmp', icmpType: 3, icmpCode: 4 },
  },
  {
    title: 'an ARP reply',
    frame: ethernet('0806', '0001 0800 06 04 0002 020000000001 c0a80c01 020000000002 c0a80c63'),
    expected: { family: 'arp', protocol: 'arp', source: '192.168.12.1', destination: '192.168.12.99', flags: 'reply' },
  },
  { title: 'a packet cut short', frame: ethernet('0800', '4500001c'), expected: { family: 'other', protocol: 'other', source: '' } },
];

describe('parsePacket', () => {
  for (const { title, frame, expected } of frames) {
    test(`parsePacket: reads ${title}`, () => {
      const packet = parsePacket(frame);
      assert.partialDeepStrictEqual(packet, { ...expected, srcMac: '02:00:00:00:00:01', dstMac: '02:00:00:00:00:02' });
    });
  }

  test('parsePacket: whatever the bytes, it returns', () => {
    const type = fc.constantFrom('0800', '86dd', '0806', '88cc');
    fc.assert(
      fc.property(type, fc.uint8Array({ maxLength: 120 }), (etherType, body) => {
        parsePacket(ethernet(etherType, Buffer.from(body).toString('hex')));
      }),
    );
  });
});

describe('formatSctp', () => {
  test('crc32c: gives the check value of the Castagnoli polynomial', () => {
    assert.equal(crc32c(Buffer.from('123456789')), 0xe3069283);
  });

  test('formatSctp: an INIT has tag 0, and an INIT ACK carries a cookie', () => {
    const init = formatSctp({ to: '192.0.2.1', sourcePort: 1, destinationPort: 2 });
    const ack = formatSctp({ to: '192.0.2.1', sourcePort: 2, destinationPort: 1, chunk: 'init-ack', verificationTag: 5 });
    assert.deepEqual([init.readUInt32BE(4), init.readUInt8(12), init.readUInt16BE(14), init.length], [0, 1, 20, 32]);
    assert.deepEqual([ack.readUInt32BE(4), ack.readUInt8(12), ack.readUInt16BE(14), ack.length], [5, 2, 28, 40]);
  });
});
