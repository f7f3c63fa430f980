import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import { parseRouterConfig } from '../../src/config/parse-router-config.ts';

const document = readFileSync('docs/migrate.md', 'utf8');

interface EgressRouter {
  readonly spec: {
    readonly addresses: readonly { readonly ip: string; readonly gateway: string }[];
    readonly redirect: {
      readonly redirectRules: readonly {
        readonly destinationIP: string;
        readonly port: number;
        readonly protocol: string;
        readonly targetPort?: number;
      }[];
      readonly fallbackIP: string;
    };
  };
}

test('migrate.md: the list that the EgressRouter becomes redirects what it redirected', () => {
  const [, yaml = '', list = ''] = /^```yaml\n(apiVersion: network\.operator.*?)^```.*?^```text\n(.*?)^```/ms.exec(document) ?? [];
  const { spec }: EgressRouter = parse(yaml);
  const [{ ip, gateway } = { ip: '', gateway: '' }] = spec.addresses;
  const env = { EGRESS_SOURCE: ip, EGRESS_GATEWAY: gateway, EGRESS_ROUTER_MODE: 'init', EGRESS_DESTINATION: list };
  const { carry } = parseRouterConfig({ env, command: undefined, readFile: () => '' });
  assert.ok(carry.mode === 'redirect');
  assert.deepEqual(
    carry.rules.map(({ ports, protocol, destination, targetPort }) => [ports.first, protocol, destination.text, targetPort]),
    spec.redirect.redirectRules.map((rule) => [rule.port, rule.protocol.toLowerCase(), rule.destinationIP, rule.targetPort]),
  );
  assert.deepEqual(
    carry.fallbacks.map(({ destination }) => destination.text),
    [spec.redirect.fallbackIP],
  );
});

test('migrate.md: the refusals are in the words of the policy', () => {
  const policy = readFileSync('deploy/legacy/refuse-macvlan.yaml', 'utf8');
  const messages = [...policy.matchAll(/^ +message: (.*)$/gm)].map(([, message = '']) => message);
  assert.equal(messages.length, 2);
  for (const message of messages) assert.ok(document.includes(message), message);
});
