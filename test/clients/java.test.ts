import assert from 'node:assert/strict';
import { copyFile } from 'node:fs/promises';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { proxyAddress, type Stage, startStage } from './stage.ts';
import { digestFile, twice } from './twice.ts';

const source = fileURLToPath(new URL('programs/Client.java', import.meta.url));

/** Options for a program that runs for a second. */
const starting = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];

/** Requests of the two clients: twelve files and two uploads, three files and one upload. */
const requests = [...Array.from({ length: 15 }, () => 'GET 80 200'), ...Array.from({ length: 3 }, () => 'PUT 80 201')];

suite('Java', { concurrency: 2, timeout: 120_000 }, () => {
  const cleanup = new AsyncDisposableStack();
  let stage: Stage;

  before(async () => {
    stage = cleanup.use(await startStage());
    await stage.run('direct', 'javac', ['-d', `${stage.lab.folder}/classes`, source]);
  });
  after(() => cleanup[Symbol.asyncDispose]());

  for (const { scheme, access } of [
    { scheme: 'http', access: requests },
    { scheme: 'https', access: ['CONNECT 443 200+'] },
  ]) {
    test(`Java: HttpClient and HttpURLConnection by ${scheme}: the same bytes down and up`, async () => {
      const name = `java-${scheme}`;
      const got = await twice(stage, {
        name,
        access,
        work: async ({ way, proxy, host, folder, run }) => {
          const [url, upload] = [`${scheme}://${host}/`, `upload/${name}-${way}`];
          const through = proxy === undefined ? [] : [proxyAddress.host, String(proxyAddress.port)];
          const [proxyHost, proxyPort] = through;
          const properties = proxyHost === undefined ? [] : [`-D${scheme}.proxyHost=${proxyHost}`, `-D${scheme}.proxyPort=${proxyPort}`];
          const words = [stage.authority, folder, url, `${url}${upload}`, `${stage.site}/big`, ...through];
          await run('java', [...properties, ...starting, '-cp', `${stage.lab.folder}/classes`, 'Client', ...words]);
          for (const kind of ['', '-chunked', '-old']) await copyFile(`${stage.site}/${upload}${kind}`, `${folder}/up${kind}`);
        },
      });
      const big = await digestFile(`${stage.site}/big`);
      assert.equal(got.size, 18);
      for (const file of ['big', 'old-big', 'up', 'up-chunked', 'up-old']) assert.equal(got.get(file), big, file);
    });
  }
});
