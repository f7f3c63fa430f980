import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openProxy } from '../http-proxy/proxy.ts';
import { runSuite, type SuiteResult, startSuiteServer } from './suite-run.ts';

/**
 * Tests that give no verdict without a proxy, for their client fails: the server breaks its connection off, or says a length that is not that of the body. With
 * the proxy in between, the client gets a 502 or a response that is cut off, and the suite judges that.
 */
const withoutVerdict = [
  '304-etag-update-response-Content-Length',
  'headers-store-Content-Length',
  'stale-close',
  'stale-close-must-revalidate',
  'stale-close-no-cache',
  'stale-close-proxy-revalidate',
  'stale-close-s-maxage=2',
  'stale-sie-503',
  'stale-sie-close',
  'stale-warning-become',
  'stale-warning-stored',
];

test('http-cache-tests: every verdict through the proxy is that without it', { timeout: 180_000 }, async (t) => {
  const proxy = await openProxy(t, { rules: ['127.0.0.2'] });
  const servers = await Promise.all([startSuiteServer(t), startSuiteServer(t)]);
  const [direct, through] = await Promise.all([runSuite(servers[0]), runSuite(servers[1], `http://127.0.0.1:${proxy.port}`)]);

  const names = Object.keys(direct.results);
  assert.deepEqual(Object.keys(through.results), names);
  const verdict = (result: SuiteResult | undefined) => (result === true ? 'passed' : (result?.[0] ?? 'missing'));
  assert.deepEqual(
    names.filter((name) => verdict(direct.results[name]) === 'FetchError'),
    withoutVerdict,
  );
  const judged = names.filter((name) => !withoutVerdict.includes(name));
  assert.ok(judged.length >= 339, `${judged.length} tests give a verdict`);
  const differing = judged.filter((name) => verdict(direct.results[name]) !== verdict(through.results[name]));
  assert.deepEqual(differing, [], differing.map((name) => `${name}: ${direct.results[name]} / ${through.results[name]}`).join('\n'));

  // The suite's client heeds no proxy variables, so it is the proxy's own log that shows that all went through it.
  const logged = proxy.lines.filter(({ msg }) => msg === 'request').length;
  assert.ok(through.sent > 1000 && logged >= through.sent, `the suite sent ${through.sent} requests, the proxy logged ${logged}`);
});
