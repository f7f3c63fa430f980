import { places, type Stage } from './stage.ts';

/** Ports of the Service in front of the router. */
export const dnsProxyPorts = [80, 8081];

/** What curl is given for a request through the router. */
export const dnsProxyRequest = `http://${places.service}/`;

/** DNS proxy mode: a TCP server that is known by its name, wherever that leads today. */
export async function showDnsProxy(stage: Stage): Promise<void> {
  const { report } = stage;
  await stage.direct();
  await stage.setup('dns-proxy', {});
  await stage.run({ EGRESS_DNS_PROXY_DESTINATION: '80 db.example.com' });
  report.say('', `The client dials the router's Service; the router resolves db.example.com.`);
  await askServer(stage, places.server);
  report.say('', `Now db.example.com moves to ${places.otherServer}. Its TTL is one second.`);
  await stage.moveName('db.example.com', places.otherServer);
  await askServer(stage, places.otherServer);
  const denied = await stage.request([`http://${places.service}:8081/`]);
  report.promise('a port that is not in the list leads nowhere', denied.status === 0, denied.words);
}

/** A change in DNS may take a second, so it asks for two. */
async function askServer({ report, request }: Stage, server: string): Promise<void> {
  const deadline = Date.now() + 2000;
  let got = await request([`http://${places.service}/`]);
  while (got.server !== server && Date.now() < deadline) got = await request([`http://${places.service}/`], 'quietly');
  const kept = got.status === 200 && got.seenSource === places.source && got.server === server;
  report.promise(`the server at ${server} admits it: it comes from the source IP`, kept, got.words);
}
