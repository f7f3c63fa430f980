import { places, type Stage } from './stage.ts';

/** Ports of the Service in front of the router. */
export const redirectPorts = [80, 8080, 8081];

/** What curl is given for a request through the router. */
export const redirectRequest = `http://${places.service}/`;

/** Redirect mode: the kernel translates; there is no process in the data path. */
export async function showRedirect(stage: Stage): Promise<void> {
  const { report } = stage;
  await stage.direct();
  await stage.setup('init', { EGRESS_DESTINATION: `80 tcp ${places.server}\n8080 tcp ${places.otherServer} 80` });
  await stage.run({});
  report.say('', `The client dials the router's Service, ${places.service}.`);
  for (const [url, server] of [
    [`http://${places.service}/`, places.server],
    [`http://${places.service}:8080/`, places.otherServer],
  ] as const) {
    const got = await stage.request([url]);
    report.promise(`${server} admits it: it comes from the source IP`, got.status === 200 && got.seenSource === places.source, got.words);
  }
  const denied = await stage.request([`http://${places.service}:8081/`]);
  report.promise('a port that is not in the list leads nowhere', denied.status === 0, denied.words);
}
