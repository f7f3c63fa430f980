import { createReadStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import { buffer } from 'node:stream/consumers';

/**
 * Node's clients, each in its way of using a proxy.
 *
 * usage: fetch.mjs KIND FOLDER HOST UPLOAD FILE [PROXY-URL]: by http and by https, fetches big, text.txt and small from HOST, one after the other and nine at once, and
 * uploads FILE from a stream, to UPLOAD-http and UPLOAD-https.
 */
const [kind, folder, host, upload, file, proxy] = process.argv.slice(2);
const names = ['big', 'text.txt', 'small'];

/** What `init` gives each request of Node's own fetch, which takes agents of the package. */
const dispatchers = {
  ProxyAgent: ({ ProxyAgent }) => ({ dispatcher: new ProxyAgent(proxy) }),
  'ProxyAgent with tunnels': ({ ProxyAgent }) => ({ dispatcher: new ProxyAgent({ uri: proxy, proxyTunnel: true }) }),
  EnvHttpProxyAgent: ({ EnvHttpProxyAgent, setGlobalDispatcher }) => {
    setGlobalDispatcher(new EnvHttpProxyAgent());
    return {};
  },
};

const { get, put } = kind === 'node:http and NODE_USE_ENV_PROXY' ? withRequest() : await withFetch();
for (const scheme of ['http', 'https']) {
  const url = `${scheme}://${host}/`;
  await mkdir(`${folder}/${scheme}`);
  const fetchTo = async (path, name) => writeFile(`${folder}/${scheme}/${path}`, await get(url + name));
  for (const name of names) await fetchTo(name, name);
  await Promise.all(Array.from({ length: 9 }, (_, index) => fetchTo(`at-once-${index}`, names[index % names.length])));
  await put(`${url}${upload}-${scheme}`, createReadStream(file));
}

async function withFetch() {
  const init = proxy === undefined || dispatchers[kind] === undefined ? {} : dispatchers[kind](await import('undici'));
  const ask = async (status, to, more) => {
    const response = await fetch(to, { ...init, ...more });
    if (response.status !== status) throw new Error(`${to}: ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  };
  return {
    get: (from) => ask(200, from, {}),
    put: (to, body) => ask(201, to, { method: 'PUT', body, duplex: 'half' }),
  };
}

function withRequest() {
  const ask = (status, to, method, body) =>
    new Promise((resolve, reject) => {
      const { request } = to.startsWith('https:') ? https : http;
      const sent = request(to, { method }, (response) => {
        if (response.statusCode === status) buffer(response).then(resolve, reject);
        else reject(new Error(`${to}: ${response.statusCode}`));
      });
      sent.on('error', reject);
      if (body === undefined) sent.end();
      else body.pipe(sent);
    });
  return { get: (from) => ask(200, from, 'GET'), put: (to, body) => ask(201, to, 'PUT', body) };
}
