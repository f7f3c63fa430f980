import { parseArgs } from 'node:util';
import { dnsProxyPorts, dnsProxyRequest, showDnsProxy } from './dns-proxy.ts';
import { httpProxyPorts, httpProxyRequest, showHttpProxy } from './http-proxy.ts';
import { keepUp } from './keep.ts';
import { redirectPorts, redirectRequest, showRedirect } from './redirect.ts';
import { Report } from './report.ts';
import { places, Stage } from './stage.ts';

const acts = [
  {
    mode: 'redirect',
    title: 'Redirect mode: the kernel rewrites packets',
    ports: redirectPorts,
    show: showRedirect,
    request: redirectRequest,
  },
  {
    mode: 'http-proxy',
    title: 'HTTP proxy mode: an allow and deny list',
    ports: httpProxyPorts,
    show: showHttpProxy,
    request: httpProxyRequest,
  },
  {
    mode: 'dns-proxy',
    title: 'DNS proxy mode: a server known by its name',
    ports: dnsProxyPorts,
    show: showDnsProxy,
    request: dnsProxyRequest,
  },
] as const;

const usage = `usage: npm run demo -- [--mode ${acts.map(({ mode }) => mode).join('|')}] [--keep]
  --mode   shows one mode instead of all three
  --keep   leaves the network up and opens a shell to play with it; with more than one mode, the last`;

const options = parseOptions();
const report = new Report();
report.heading('egress-router demo');
report.say(
  "A small network of this machine's own namespaces, made for the demo and gone after it:",
  '',
  `  client pod          router pod                      LAN              outside`,
  `  ${places.client} ──► eth0 ${places.router}`,
  `                      macvlan0 ${places.source} ──► gateway ──────► ${places.server} and ${places.otherServer}`,
  `                                                 ${places.gateway}     admit only ${places.source}`,
);
const shown = acts.filter(({ mode }) => options.mode === undefined || mode === options.mode);
for (const act of shown) {
  report.heading(act.title);
  const stage = await Stage.build(report, act.ports);
  try {
    await act.show(stage);
    if (options.keep && act === shown.at(-1)) await keepUp(stage, act.request);
  } finally {
    await stage.lab[Symbol.asyncDispose]();
  }
}
report.heading(report.broken === 0 ? 'Everything was as promised' : `${report.broken} not as promised`);
process.exitCode = report.broken === 0 ? 0 : 1;

function parseOptions(): { readonly mode: string | undefined; readonly keep: boolean } {
  try {
    const { values } = parseArgs({ options: { mode: { type: 'string' }, keep: { type: 'boolean', default: false } } });
    if (values.mode === undefined || acts.some(({ mode }) => mode === values.mode)) return { mode: values.mode, keep: values.keep };
    console.error(`unknown mode '${values.mode}'`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
  }
  console.error(usage);
  process.exit(2);
}
