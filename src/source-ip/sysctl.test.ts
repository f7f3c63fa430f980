import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RouterError } from '../router-error.ts';
import { scriptedEffects } from './scripted-effects.ts';
import { type Sysctl, syncSysctls, sysctlName } from './sysctl.ts';

const forwarding: Sysctl = { path: 'net/ipv6/conf/all/forwarding', value: '1', whenRefused: 'FORWARDING_OFF' };
const portStart: Sysctl = { path: 'net/ipv4/ip_unprivileged_port_start', value: '0', whenRefused: 'go-on' };
const readOnly = () => {
  throw new Error('EROFS: read-only file system');
};

test('syncSysctls: writes only what differs', () => {
  const effects = scriptedEffects();
  effects.sysctls.set(forwarding.path, '1').set(portStart.path, '1024');
  assert.deepEqual(syncSysctls(effects, [forwarding, portStart]), { written: ['net.ipv4.ip_unprivileged_port_start=0'], refused: [] });
  assert.equal(effects.sysctls.get(portStart.path), '0');
});

test('syncSysctls: a value that is right needs no permission to write', () => {
  const effects = { ...scriptedEffects(), readSysctl: () => '1', writeSysctl: readOnly };
  assert.deepEqual(syncSysctls(effects, [forwarding]), { written: [], refused: [] });
});

test('syncSysctls: forwarding that is off and cannot be written is an error that names the tuning plugin and the setting', () => {
  const effects = { readSysctl: () => '0', writeSysctl: readOnly };
  assert.throws(
    () => syncSysctls(effects, [forwarding]),
    (error: unknown) => {
      assert.ok(error instanceof RouterError);
      assert.equal(error.code, 'FORWARDING_OFF');
      assert.match(error.message, /^sysctl net\.ipv6\.conf\.all\.forwarding is 0, must be 1, .*EROFS/);
      assert.match(error.remedy, /\{"type": "tuning", "sysctl": \{"net\.ipv6\.conf\.all\.forwarding": "1"\}\}/);
      return true;
    },
  );
});

test('syncSysctls: what the router can do without is passed over when it cannot be written', () => {
  const effects = { readSysctl: () => '1024', writeSysctl: readOnly };
  assert.deepEqual(syncSysctls(effects, [portStart]), { written: [], refused: ['net.ipv4.ip_unprivileged_port_start=0'] });
});

test('sysctlName: dots and slashes change places, as sysctl(8) wants it for interfaces with a dot', () => {
  assert.equal(sysctlName('net/ipv6/conf/eth0.100/accept_ra'), 'net.ipv6.conf.eth0/100.accept_ra');
});
