import assert from 'node:assert/strict';
import { copyFile } from 'node:fs/promises';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { proxyAddress, type Stage, startStage } from './stage.ts';
import { digestFile, twice } from './twice.ts';

const source = fileURLToPath(new URL('programs/Client.java', import.meta.url));

const schemes = ['http', 'https'] as const;
/** What the program puts behind the path of each upload. */
const kinds = ['', '-chunked', '-old'] as const;

/** Options for a program that runs for a second. */
const starting = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];

/** Requests of the two clients: twelve files and two uploads, three files and one upload. */
const requests = [...Array.from({ length: 15 }, () => 'GET 80 200'), ...Array.from({ length: 3 }, () => 'PUT 80 201')];

suite('Java', { timeout: 120_000 }, () => {
  const cleanup = new AsyncDisposableStack();
  let stage: Stage;

  before(async () => {
    stage = cleanup.use(await startStage());
    await stage.run('direct', 'javac', [
      ...starting.map((option) => `-J${option}`),
      '-proc:none',
      '-d',
      `${stage.lab.folder}/classes`,
      source,
    ]);
  });
  after(() => cleanup[Symbol.asyncDispose]());

  test('Java: HttpClient and HttpURLConnection: the same bytes down and up, by http and https', async () => {
    const got = await twice(stage, {
      name: 'java',
      access: [...requests, 'CONNECT 443 200+'],
      work: async ({ way, proxy, host, folder, run }) => {
        const upload = `upload/java-${way}`;
        const through = proxy === undefined ? [] : [proxyAddress.host, String(proxyAddress.port)];
        const properties = schemes.flatMap((scheme) =>
          through.map((value, index) => `-D${scheme}.proxy${index === 0 ? 'Host' : 'Port'}=${value}`),
        );
        const words = [stage.authority, folder, host, upload, `${stage.site}/big`, ...through];
        await run('java', [...starting, ...properties, '-cp', `${stage.lab.folder}/classes`, 'Client', ...words]);
        for (const scheme of schemes) {
          for (const kind of kinds) await copyFile(`${stage.site}/${upload}-${scheme}${kind}`, `${folder}/${scheme}/up${kind}`);
        }
      },
    });
    const big = await digestFile(`${stage.site}/big`);
    assert.equal(got.size, 36);
    for (const scheme of schemes) {
      for (const file of ['big', 'old-big', ...kinds.map((kind) => `up${kind}`)]) assert.equal(got.get(`${scheme}/${file}`), big, file);
    }
  });
});
