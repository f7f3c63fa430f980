import assert from 'node:assert/strict';
import { copyFile } from 'node:fs/promises';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Stage, startStage } from './stage.ts';
import { digestFile, twice } from './twice.ts';

const source = fileURLToPath(new URL('programs/client.go', import.meta.url));

/** Requests: three and nine for files, two uploads. */
const requests = [...Array.from({ length: 12 }, () => 'GET 80 200'), 'PUT 80 201', 'PUT 80 201'];

// The compiler builds Go's library, too, the first time on a machine.
suite('Go', { concurrency: 2, timeout: 300_000 }, () => {
  const cleanup = new AsyncDisposableStack();
  let stage: Stage;

  before(async () => {
    stage = cleanup.use(await startStage());
    // Without cgo it needs no C compiler, and looks names up by itself. Nothing may be fetched for it.
    const env = { CGO_ENABLED: '0', GO111MODULE: 'off', GOPROXY: 'off', GOTOOLCHAIN: 'local', GOFLAGS: '' };
    await stage.run('direct', 'go', ['build', '-buildvcs=false', '-o', `${stage.lab.folder}/client`, source], { env });
  });
  after(() => cleanup[Symbol.asyncDispose]());

  for (const { scheme, access } of [
    { scheme: 'http', access: requests },
    { scheme: 'https', access: ['CONNECT 443 200+'] },
  ]) {
    test(`Go: net/http by ${scheme}: the same bytes down and up, and connections are kept`, async () => {
      const name = `go-${scheme}`;
      const got = await twice(stage, {
        name,
        access,
        work: async ({ way, proxy, host, folder, run }) => {
          const [url, upload] = [`${scheme}://${host}/`, `upload/${name}-${way}`];
          const env = { HTTP_PROXY: proxy, HTTPS_PROXY: proxy, SSL_CERT_FILE: stage.authority };
          const connections = await run(`${stage.lab.folder}/client`, [folder, url, `${url}${upload}`, `${stage.site}/big`], { env });
          assert.equal(connections, '1\n');
          await copyFile(`${stage.site}/${upload}`, `${folder}/up`);
          await copyFile(`${stage.site}/${upload}-chunked`, `${folder}/up-chunked`);
        },
      });
      const big = await digestFile(`${stage.site}/big`);
      assert.deepEqual([got.size, got.get('big'), got.get('up'), got.get('up-chunked')], [14, big, big, big]);
    });
  }
});
