import { getResults, runTests } from 'http-cache-tests/client/runner.mjs';
import tests from 'http-cache-tests/tests/index.mjs';
import surrogate from 'http-cache-tests/tests/surrogate-control.mjs';
import { HttpProxyAgent } from 'http-proxy-agent';
import fetch from 'node-fetch';

// usage: run-suite.mjs BASE-URL [PROXY-URL]; prints { sent, results }: the requests that the suite made, and `true` or [error, message] for each test.

const [base, proxy] = process.argv.slice(2);
// The suite heeds no http_proxy: the agent is what sends its requests in absolute form.
const agent = proxy === undefined ? undefined : new HttpProxyAgent(proxy);
let sent = 0;
const counted = (url, init) => {
  sent += 1;
  return fetch(url, { ...init, agent });
};
await runTests([...tests, surrogate], counted, false, base);
console.log(JSON.stringify({ sent, results: getResults() }));
