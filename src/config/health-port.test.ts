import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAccessList } from './access-list.ts';
import { parseDnsRouteList } from './dns-route-list.ts';
import { settleHealthPort } from './health-port.ts';
import type { Environment } from './list-source.ts';
import { parseSettings } from './parse-settings.ts';
import { parseRedirectList } from './redirect-list.ts';

const redirect = (text: string) => parseRedirectList({ variable: 'EGRESS_DESTINATION', text }, []).value;
const http = parseAccessList({ variable: 'EGRESS_HTTP_PROXY_DESTINATION', text: '*' }, []).value;
const dns = (text: string) => parseDnsRouteList({ variable: 'EGRESS_DNS_PROXY_DESTINATION', text }, []).value;

const taken = [
  [redirect('80 tcp 203.0.113.25\n9090 tcp 203.0.113.25'), {}, 'EGRESS_DESTINATION:2'],
  [redirect('9000-9100 tcp 2001:db8::25'), {}, 'EGRESS_DESTINATION:1'],
  [dns('9090 example.com 80'), {}, 'EGRESS_DNS_PROXY_DESTINATION:1'],
  [http, { EGRESS_HTTP_PROXY_PORT: '9090' }, 'the HTTP proxy'],
] as const;

const free: readonly (readonly [Parameters<typeof settleHealthPort>[1], Environment])[] = [
  [redirect('9090 udp 203.0.113.25\n9089 tcp 203.0.113.25\n9091-9092 tcp 203.0.113.25\n203.0.113.25'), {}],
  [dns('8080 example.com 9090'), { EGRESS_HTTP_PROXY_PORT: '9090' }],
  [http, {}],
];

test('settleHealthPort: the default gives way to a rule, a route or the proxy, and a notice says so', () => {
  for (const [carry, env, holder] of taken) {
    const notices = [`health is off: ${holder} takes port 9090; set EGRESS_HEALTH_PORT to another port`];
    assert.deepEqual(settleHealthPort(parseSettings(env), carry), { value: undefined, problems: [], notices });
  }
});

test('settleHealthPort: a port that the user chose and that is taken is a problem', () => {
  for (const [carry, env, holder] of taken) {
    const { problems } = settleHealthPort(parseSettings({ ...env, EGRESS_HEALTH_PORT: '9090' }), carry);
    assert.deepEqual(problems, [
      {
        code: 'HEALTH_PORT_TAKEN',
        variable: 'EGRESS_HEALTH_PORT',
        line: undefined,
        value: '9090',
        message: `EGRESS_HEALTH_PORT 9090 is already used: ${holder} takes it`,
        accepted: 'a port from 1 to 65535, or 0 for none',
      },
    ]);
  }
});

test('settleHealthPort: other protocols, fallbacks, target ports and the proxy of another mode take nothing from it', () => {
  for (const [carry, env] of free) {
    for (const chosen of [{}, { EGRESS_HEALTH_PORT: '9090' }]) {
      assert.deepEqual(settleHealthPort(parseSettings({ ...env, ...chosen }), carry), { value: 9090, problems: [], notices: [] });
    }
  }
});

test('settleHealthPort: zero stays off, whatever takes which port', () => {
  for (const [carry, env] of taken) {
    const settled = settleHealthPort(parseSettings({ ...env, EGRESS_HEALTH_PORT: '0' }), carry);
    assert.deepEqual(settled, { value: undefined, problems: [], notices: [] });
  }
});
