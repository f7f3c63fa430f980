import { places, type Stage } from './stage.ts';

/** Ports of the Service in front of the router. */
export const httpProxyPorts = [8080];

/** What curl is given for a request through the router. */
export const httpProxyRequest = `--proxy http://${places.service}:8080 http://${places.server}/`;

/** HTTP proxy mode: allow and deny lists of names and addresses. */
export async function showHttpProxy(stage: Stage): Promise<void> {
  const { report } = stage;
  const proxy = `http://${places.service}:8080`;
  await stage.direct();
  await stage.setup('http-proxy', {});
  const router = await stage.run({ EGRESS_HTTP_PROXY_DESTINATION: `!${places.otherServer}\n*.example.com\n203.0.113.0/24` });
  report.say('', `The client uses the router's Service as its proxy.`);
  const plain = await stage.request(['--proxy', proxy, 'http://db.example.com/']);
  report.promise(
    'the server admits it: it comes from the source IP',
    plain.status === 200 && plain.seenSource === places.source,
    plain.words,
  );
  const tunnel = await stage.request(['--proxytunnel', '--proxy', proxy, `http://${places.server}/`]);
  report.promise('the same through a CONNECT tunnel', tunnel.status === 200 && tunnel.seenSource === places.source, tunnel.words);
  const denied = await stage.request(['--proxy', proxy, `http://${places.otherServer}/`]);
  report.promise(
    'a denied destination gets 403 and the rule that denied it',
    denied.status === 403 && denied.words.includes(`!${places.otherServer}`),
    denied.words,
  );
  report.say('', 'What the router logged about the last request:', `  ${await router.line('"decision":"deny"')}`);
}
