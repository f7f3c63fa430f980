import assert from 'node:assert/strict';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { after, before, suite, test } from 'node:test';
import { serve } from '../../lab/serve.ts';
import { curl } from './curl.ts';
import { type Stage, startStage } from './stage.ts';
import { digestFile, twice } from './twice.ts';

/** Sends the body when it is told to continue, and not because it waited long enough; and says so. */
const patient = ['--expect100-timeout', '60', '--header', 'Expect: 100-continue', '--verbose', '--stderr', '-'];

suite('uploads of curl', { concurrency: 4, timeout: 120_000 }, () => {
  const cleanup = new AsyncDisposableStack();
  let stage: Stage;

  before(async () => {
    stage = cleanup.use(await startStage());
    stage.lab.attach(await serve(stage.lab.host('outside'), [{ kind: 'http', port: 8080 }]));
  });
  after(() => cleanup[Symbol.asyncDispose]());

  for (const [title, name, words, stdin, access] of [
    ['--upload-file that waits for 100 Continue', 'put', [...patient, '--upload-file', 'SITE/big'], false, 'PUT 80 201'],
    ['--upload-file of standard input, chunked', 'put-chunked', ['--upload-file', '-'], true, 'PUT 80 201'],
    ['--upload-file in HTTP/1.0', 'put10', ['--http1.0', '--upload-file', 'SITE/big'], false, 'PUT 80 201'],
    ['--upload-file without Expect', 'put-plain', ['--header', 'Expect:', '--upload-file', 'SITE/big'], false, 'PUT 80 201'],
    ['--upload-file through a tunnel', 'put-tunnel', ['--proxytunnel', '--upload-file', 'SITE/big'], false, 'CONNECT 80 200'],
  ] as const) {
    test(`curl: ${title}: the same bytes arrive`, async () => {
      const big = await readFile(`${stage.site}/big`);
      const got = await twice(stage, {
        name,
        access: [access],
        work: async (errand) => {
          const path = `upload/${name}-${errand.way}`;
          const more = words.map((word) => word.replace('SITE', stage.site));
          const shown = await curl(errand, [...more, `http://${errand.host}/${path}`], stdin ? big : '');
          if (name === 'put') assert.match(shown, /^< HTTP\/1\.1 100 Continue\r?$[\s\S]*^\* We are completely uploaded/m);
          await copyFile(`${stage.site}/${path}`, `${errand.folder}/arrived`);
        },
      });
      assert.equal(got.get('arrived'), await digestFile(`${stage.site}/big`));
    });
  }

  for (const [title, name, words] of [
    ['--data-binary', 'post', []],
    ['--data-binary that is chunked', 'post-chunked', ['--header', 'Transfer-Encoding: chunked']],
  ] as const) {
    test(`curl: ${title}: the server read the same bytes`, async () => {
      await twice(stage, {
        name,
        access: ['POST 8080 200'],
        work: async (errand) => {
          const data = ['--data-binary', `@${stage.site}/big`];
          const { method, bodyLength, bodySha256 } = JSON.parse(await curl(errand, [...words, ...data, `http://${errand.host}:8080/`]));
          assert.equal(bodySha256, await digestFile(`${stage.site}/big`));
          await writeFile(`${errand.folder}/seen`, JSON.stringify({ method, bodyLength, bodySha256 }));
        },
      });
    });
  }
});
