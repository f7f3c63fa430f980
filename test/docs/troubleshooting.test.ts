import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ConfigError, problemCodes } from '../../src/config/config-error.ts';
import { parseRouterConfig } from '../../src/config/parse-router-config.ts';
import { routerErrorCodes } from '../../src/router-error.ts';

const document = readFileSync('docs/troubleshooting.md', 'utf8');
const known: readonly string[] = [...problemCodes, ...routerErrorCodes];

test('troubleshooting.md: tells a remedy for each failure of the node and the network', () => {
  for (const code of routerErrorCodes) assert.ok(document.includes(`\`${code}\``) || document.includes(`"${code}"`), code);
});

test('troubleshooting.md: every code that it names is one that the router prints', () => {
  const named = [...document.matchAll(/\b[A-Z]+_[A-Z_]+\b/g)].map(([code]) => code).filter((code) => !/^(EGRESS_|NET_)/.test(code));
  assert.deepEqual(
    named.filter((code) => !known.includes(code)),
    [],
  );
});

test('troubleshooting.md: the problems of a configuration are shown as the router prints them', () => {
  const [, shown = ''] = /^```text\n(EGRESS_.*?)\n```$/ms.exec(document) ?? [];
  const env = {
    EGRESS_SOURCE: '192.168.12.99/24',
    EGRESS_GATEWAY: '192.168.12.300',
    EGRESS_ROUTER_MODE: 'init',
    EGRESS_DESTINATION: '80 tcp 203.0.113.25\n80 tcp 203.0.113.26\n',
  };
  assert.throws(
    () => parseRouterConfig({ env, command: undefined, readFile: () => '' }),
    (error) => {
      assert.ok(error instanceof ConfigError);
      assert.equal(error.message, shown);
      return true;
    },
  );
});

test('troubleshooting.md: sentences of the log that it quotes are in the code', () => {
  const sentences = {
    'src/source-ip/duplicate-check.ts': 'somebody else has the source IP; waiting for it',
    'src/source-ip/watch.ts': 'the network is not as set up',
    'src/source-ip/gateway.ts': 'the gateway does not answer',
    'src/http/head-reader.ts': 'this is TLS where plain HTTP is spoken',
    'src/dns-proxy/route.ts': 'name does not resolve',
    'src/source-ip/inspect-network.ts': 'no source IP was set up in this pod',
  };
  for (const [file, sentence] of Object.entries(sentences)) {
    assert.ok(document.includes(sentence), sentence);
    assert.ok(readFileSync(file, 'utf8').includes(sentence), file);
  }
});
