import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { HttpProxyAgent } from 'http-proxy-agent';
import { HttpsProxyAgent } from 'https-proxy-agent';
import WebSocket from 'ws';

/**
 * A conversation by WebSocket with a server that sends everything back: short and long messages of text and bytes, a ping, and a good bye.
 *
 * usage: talk.mjs FILE URL [AGENT PROXY-URL]: AGENT is `forward` or `tunnel`. Writes to FILE what came back.
 */
const [file, url, kind, proxy] = process.argv.slice(2);
const agents = { forward: HttpProxyAgent, tunnel: HttpsProxyAgent };
const socket = new WebSocket(url, kind === undefined ? {} : { agent: new agents[kind](proxy) });

const sent = [];
for (let size = 0; size < 1024 * 1024; size = size * 3 + 1) sent.push('ä'.repeat(size), Buffer.alloc(size, size % 251));
const came = [];
const all = Promise.withResolvers();
socket.on('error', all.reject);
socket.on('close', () => all.reject(new Error('closed too early')));
socket.on('message', (data, isBinary) => {
  came.push(`${isBinary ? 'bytes' : 'text'} ${data.length} ${createHash('sha256').update(data).digest('hex')}`);
  if (came.length === sent.length) all.resolve();
});

await Promise.race([once(socket, 'open'), all.promise]);
for (const message of sent) socket.send(message);
await all.promise;
socket.ping('still there?');
const [pong] = await once(socket, 'pong');
socket.close(4000, 'good bye');
const [code, reason] = await once(socket, 'close');
await writeFile(file, [...came, String(pong), code, String(reason)].join('\n'));
