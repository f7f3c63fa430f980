import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RouterError } from '../router-error.ts';
import { findInterface, parseInterfaces } from './network-interface.ts';

const json = `[{"ifname":"lo","flags":["LOOPBACK","UP"],"addr_info":[{"family":"inet","local":"127.0.0.1","prefixlen":8,"scope":"host"}]},{},
  {"ifname":"eth0","flags":["BROADCAST"],"addr_info":[{},
    {"family":"inet","local":"10.128.0.7","prefixlen":23,"scope":"global","noprefixroute":true},
    {"family":"inet6","local":"fd12::99","prefixlen":128,"scope":"global","tentative":true,"dadfailed":true}]}]`;

test('parseInterfaces: reads flags and addresses, and passes over the empty objects that iproute2 prints', () => {
  const common = { scope: 'global', tentative: false, duplicate: false, withoutPrefixRoute: false };
  assert.deepEqual(parseInterfaces(json), [
    { name: 'lo', up: true, addresses: [{ ...common, family: 'ipv4', address: '127.0.0.1', prefixLength: 8, scope: 'host' }] },
    {
      name: 'eth0',
      up: false,
      addresses: [
        { ...common, family: 'ipv4', address: '10.128.0.7', prefixLength: 23, withoutPrefixRoute: true },
        { ...common, family: 'ipv6', address: 'fd12::99', prefixLength: 128, tentative: true, duplicate: true },
      ],
    },
  ]);
});

test('findInterface: a missing one is an error that says what is there and what would make it', () => {
  assert.throws(
    () => findInterface(parseInterfaces(json), 'macvlan0'),
    (error: unknown) => {
      assert.ok(error instanceof RouterError);
      assert.equal(error.code, 'INTERFACE_MISSING');
      assert.equal(error.message, "there is no interface 'macvlan0'; there are: lo 127.0.0.1, eth0 10.128.0.7 fd12::99");
      assert.match(error.remedy, /k8s\.v1\.cni\.cncf\.io\/networks: <attachment>@macvlan0/);
      assert.match(error.remedy, /pod\.network\.openshift\.io\/assign-macvlan: "true"/);
      return true;
    },
  );
});
