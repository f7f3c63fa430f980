import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePrefix } from '../../src/net/prefix.ts';
import { forms } from './forms.ts';
import { address, openProxy, type TestProxyOptions } from './proxy.ts';
import { refused } from './refused.ts';
import { answer, openClient, openDestination, statusOf } from './sockets.ts';

/** Pods of either family. What belongs to them lies in no other special range. */
const pods: Record<'ipv4' | 'ipv6', Pick<TestProxyOptions, 'ownAddresses' | 'cluster'>> = {
  ipv4: {
    ownAddresses: ['127.0.0.1', '10.128.0.5'],
    cluster: {
      nameservers: [address('203.0.113.53'), address('192.0.2.53')],
      apiServer: { address: address('198.51.100.1'), port: 443 },
      cidrs: ['10.96.0.0/16', '10.97.0.0/16'].flatMap((text) => parsePrefix(text) ?? []),
    },
  },
  ipv6: {
    ownAddresses: ['::1', '2001:db8:5::5'],
    cluster: {
      nameservers: [address('2001:db8:53::1'), address('2001:db8:53::2')],
      apiServer: { address: address('2001:db8:443::1'), port: 443 },
      cidrs: ['2001:db8:96::/48', '2001:db8:97::/48'].flatMap((text) => parsePrefix(text) ?? []),
    },
  },
};

const specialAddresses: [what: string, host: string, kind: string, pod?: keyof typeof pods][] = [
  ['loopback', '127.0.0.2', 'loopback'],
  ['loopback (IPv6)', '[::1]', 'loopback'],
  ['link-local', '169.254.7.7', 'link-local'],
  ['link-local (IPv6)', '[fe80::7]', 'link-local'],
  ['unspecified', '0.0.0.0', 'unspecified'],
  ['unspecified (IPv6)', '[::]', 'unspecified'],
  ['multicast', '224.0.0.1', 'multicast'],
  ['multicast (IPv6)', '[ff02::1]', 'multicast'],
  ['metadata of AWS', '169.254.169.254', 'link-local'],
  ['metadata of Alibaba', '100.100.100.200', 'metadata'],
  ['metadata of AWS (IPv6)', '[fd00:ec2::254]', 'metadata'],
  ["the pod's own address", '10.128.0.5', 'own-address'],
  ["the pod's own address (IPv6)", '[2001:db8:5::5]', 'own-address'],
  ["the pod's own address as IPv4-mapped", '[::ffff:10.128.0.5]', 'own-address', 'ipv4'],
  ['the first nameserver', '203.0.113.53', 'nameserver'],
  ['the second nameserver', '192.0.2.53', 'nameserver'],
  ['the second nameserver (IPv6)', '[2001:db8:53::2]', 'nameserver'],
  ['a nameserver as NAT64', '[64:ff9b::c000:235]', 'nameserver', 'ipv4'],
  ['the Kubernetes API', '198.51.100.1', 'api-server'],
  ['the Kubernetes API (IPv6)', '[2001:db8:443::1]', 'api-server'],
  ['the Kubernetes API as 6to4', '[2002:c633:6401::1]', 'api-server', 'ipv4'],
  ['the first cluster range', '10.96.7.7', 'cluster-cidr'],
  ['the second cluster range', '10.97.7.7', 'cluster-cidr'],
  ['the second cluster range (IPv6)', '[2001:db8:97::7]', 'cluster-cidr'],
  ['a cluster range as IPv4-mapped', '[::ffff:10.97.7.7]', 'cluster-cidr', 'ipv4'],
  ['loopback as IPv4-mapped', '[::ffff:127.0.0.2]', 'loopback'],
  ['loopback as IPv4-mapped in hexadecimal', '[::ffff:7f00:2]', 'loopback'],
  ['loopback as NAT64', '[64:ff9b::7f00:2]', 'loopback'],
  ['loopback as 6to4', '[2002:7f00:2::1]', 'loopback'],
  ['metadata as NAT64', '[64:ff9b::a9fe:a9fe]', 'link-local'],
];
for (const [what, host, kind, pod = host.startsWith('[') ? 'ipv6' : 'ipv4'] of specialAddresses) {
  test(`special addresses: ${what} is denied with 403, whatever wide prefix, name or star allows it`, async (t) => {
    const destination = await openDestination(t);
    const proxy = await openProxy(t, {
      rules: ['0.0.0.0/0', '::/0', 'named.example', '*'],
      hosts: { 'named.example': [host.replace(/[[\]]/g, '')] },
      ...pods[pod],
    });
    for (const authority of [`${host}:${destination.port}`, `named.example:${destination.port}`]) {
      for (const response of await refused(t, proxy, destination, authority)) {
        assert.equal(statusOf(response), 403, response);
        assert.match(
          response,
          new RegExp(`Proxy-Status: egress-router; error=destination_ip_prohibited; details="\\S+ is special \\(${kind}\\)`),
        );
      }
    }
  });
}

for (const { title, family, host, name, rule, head } of forms) {
  test(`special addresses: one is opened by an address rule inside its range, also behind a name (${title})`, async (t) => {
    const destination = await openDestination(t, answer('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'));
    const proxy = await openProxy(t, { rules: [rule, 'named.example'], hosts: { 'named.example': [rule] } });
    for (const asked of [name, 'named.example', ...(family === 'ipv4' ? [`[::ffff:${rule}]`] : [])]) {
      const client = await openClient(t, proxy.port, { host });
      client.socket.write(`${head(destination.port).replace(name, asked)}\r\n`);
      await client.waitFor('HTTP/1.1 200');
    }
  });
}
