import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { patience } from '../e2e/router-pod.ts';
import { type Stage, startStage } from './stage.ts';
import { twice } from './twice.ts';

const programOf = (name: string) => fileURLToPath(new URL(`suite/${name}.mjs`, import.meta.url));
const port = 9000;

/** Of nginx: what it hands on to the WebSocket server. */
const locations = () => `
    location /socket {
      proxy_pass http://127.0.0.1:${port};
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection Upgrade;
    }
`;

suite('ws', { concurrency: 3, timeout: 120_000 }, () => {
  const cleanup = new AsyncDisposableStack();
  let stage: Stage;

  before(async () => {
    stage = cleanup.use(await startStage({ locations }));
    const server = await stage.lab.host('outside').spawn(process.execPath, [programOf('echo-server'), String(port)]);
    await stage.lab.attach(server).line('listening', 'stdout', patience);
  });
  after(() => cleanup[Symbol.asyncDispose]());

  for (const { scheme, agent, access } of [
    { scheme: 'ws', agent: 'forward', access: ['GET 80 101'] },
    { scheme: 'ws', agent: 'tunnel', access: ['CONNECT 80 200'] },
    { scheme: 'wss', agent: 'tunnel', access: ['CONNECT 443 200'] },
  ]) {
    test(`ws: a conversation by ${scheme}: with an agent that takes the way of ${access[0]}, the same messages come back`, async () => {
      const name = `${scheme}-${agent}`;
      const got = await twice(stage, {
        name,
        access,
        work: async ({ host, proxy, folder, run }) => {
          const words = [programOf('talk'), `${folder}/came`, `${scheme}://${host}/socket`];
          const env = { NODE_EXTRA_CA_CERTS: stage.authority };
          await run(process.execPath, proxy === undefined ? words : [...words, agent, proxy], { env });
          assert.match(await readFile(`${folder}/came`, 'utf8'), /\nstill there\?\n4000\ngood bye$/);
        },
      });
      assert.equal(got.size, 1);
    });
  }
});
