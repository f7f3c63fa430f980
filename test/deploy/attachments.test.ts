import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planTranslation } from '../../src/cli/translation.ts';
import { parseRouterConfig } from '../../src/config/parse-router-config.ts';
import { planSourceIp, unknownPodNetwork } from '../../src/source-ip/plan-source-ip.ts';
import { sysctlName } from '../../src/source-ip/sysctl.ts';
import { manifests } from './manifests.ts';

const attachments = manifests.filter(({ kind }) => kind === 'NetworkAttachmentDefinition');

test('deploy: every attachment is a macvlan without IPAM, in the mode in which routers on one node see each other', () => {
  for (const { file, spec } of attachments) {
    const { type, ipam, mode } = macvlanOf(spec?.config);
    assert.deepEqual({ type, ipam, mode }, { type: 'macvlan', ipam: {}, mode: 'bridge' }, file);
  }
});

test('components/forwarding: it is the attachment of the others, tuned as setup of a dual-stack router needs it', () => {
  const [tuned, plain] = ['components/forwarding/macvlan-and-tuning.yaml', 'attachment/macvlan.yaml'].map((file) =>
    JSON.parse(attachments.find((attachment) => attachment.file === `deploy/${file}`)?.spec?.config ?? '{}'),
  );
  const { cniVersion, name, ...macvlan } = plain;
  assert.deepEqual(tuned, { cniVersion, name, plugins: [macvlan, { type: 'tuning', sysctl: neededSysctls() }] });
});

test('deploy/legacy: each value of the annotation leads to an attachment with that parent, and true to that of the default route', () => {
  const policy = manifests.find(({ kind }) => kind === 'MutatingAdmissionPolicy');
  const list = policy?.spec?.variables?.find(({ name }) => name === 'attachments')?.expression ?? '';
  const parents = [...list.matchAll(/'(.+)': '(.+)'/g)].map(([, value, attachment]) => {
    const found = attachments.find(
      ({ file, metadata }) => file === 'deploy/legacy/attachments.yaml' && `default/${metadata?.name}` === attachment,
    );
    assert.ok(found, `${attachment}`);
    return [value, macvlanOf(found.spec?.config).master];
  });
  assert.deepEqual(parents, [
    ['true', undefined], // what the macvlan plug-in then takes
    ['eth1', 'eth1'],
  ]);
});

test('deploy/legacy: what OpenShift SDN refused is refused in its words', () => {
  const policy = manifests.find(({ kind }) => kind === 'ValidatingAdmissionPolicy');
  assert.deepEqual(
    policy?.spec?.validations?.map(({ message }) => message),
    [
      'pod has "pod.network.openshift.io/assign-macvlan" annotation but is not privileged',
      `pod annotation "pod.network.openshift.io/assign-macvlan" is neither 'true' nor the name of a local network interface`,
    ],
  );
});

function macvlanOf(config = '{}') {
  const parsed = JSON.parse(config);
  return parsed.plugins?.[0] ?? parsed;
}

/** What setup fails without, in redirect mode with a source IP of each family, and what lets the kernel announce the IPv6 one. */
function neededSysctls(): Record<string, string> {
  const env = {
    EGRESS_SOURCE: '192.168.12.99,2001:db8:12::99',
    EGRESS_GATEWAY: '192.168.12.1,fe80::1',
    EGRESS_ROUTER_MODE: 'init',
    EGRESS_DESTINATION: '203.0.113.25',
  };
  const config = parseRouterConfig({ env, command: 'setup', readFile: () => '' });
  const { steps } = planSourceIp(config, unknownPodNetwork, planTranslation(config));
  const sysctls = steps.flatMap((step) => (step.step === 'sysctls' ? step.sysctls : []));
  const needed = sysctls.filter(({ path, whenRefused }) => whenRefused !== 'go-on' || path.endsWith('/ndisc_notify'));
  return Object.fromEntries(needed.map(({ path, value }) => [sysctlName(path), value]));
}
