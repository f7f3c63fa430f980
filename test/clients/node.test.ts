import assert from 'node:assert/strict';
import { copyFile } from 'node:fs/promises';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Stage, startStage } from './stage.ts';
import { digestFile, twice } from './twice.ts';

const schemes = ['http', 'https'] as const;
const program = fileURLToPath(new URL('suite/fetch.mjs', import.meta.url));

/** Three files, nine at once, and an upload. */
const forwarded = [...Array.from({ length: 12 }, () => 'GET 80 200'), 'PUT 80 201'];

/** Ways to use a proxy, and what it sees of http. */
const kinds = [
  { kind: 'ProxyAgent', name: 'agent', access: forwarded },
  { kind: 'ProxyAgent with tunnels', name: 'tunnel', access: ['CONNECT 80 200+'] },
  { kind: 'EnvHttpProxyAgent', name: 'env', access: forwarded },
  { kind: 'fetch and NODE_USE_ENV_PROXY', name: 'fetch', access: forwarded },
  { kind: 'node:http and NODE_USE_ENV_PROXY', name: 'http', access: forwarded },
] as const;

suite('Node', { concurrency: 3, timeout: 120_000 }, () => {
  const cleanup = new AsyncDisposableStack();
  let stage: Stage;

  before(async () => {
    stage = cleanup.use(await startStage());
  });
  after(() => cleanup[Symbol.asyncDispose]());

  for (const { kind, name, access } of kinds) {
    test(`Node: ${kind}: the same bytes down and up, by http and https`, async () => {
      const got = await twice(stage, {
        name,
        access: [...access, 'CONNECT 443 200+'],
        work: async ({ way, proxy, host, folder, run }) => {
          const variables = proxy === undefined ? {} : { HTTP_PROXY: proxy, HTTPS_PROXY: proxy };
          const env = { NODE_EXTRA_CA_CERTS: stage.authority, ...variables, ...(/NODE_USE/.test(kind) ? { NODE_USE_ENV_PROXY: '1' } : {}) };
          const upload = `upload/${name}-${way}`;
          const words = [program, kind, folder, host, upload, `${stage.site}/big`];
          await run(process.execPath, proxy === undefined ? words : [...words, proxy], { env });
          for (const scheme of schemes) await copyFile(`${stage.site}/${upload}-${scheme}`, `${folder}/${scheme}/up`);
        },
      });
      const big = await digestFile(`${stage.site}/big`);
      assert.equal(got.size, 26);
      for (const scheme of schemes) assert.deepEqual([got.get(`${scheme}/big`), got.get(`${scheme}/up`)], [big, big]);
    });
  }
});
