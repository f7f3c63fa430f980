import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { after, before, suite, test } from 'node:test';
import { curl, curlOptions } from './curl.ts';
import { fetches } from './curl-fetches.ts';
import { type Stage, startStage } from './stage.ts';
import { digestFile, type Errand, twice } from './twice.ts';

suite('curl', { concurrency: 4, timeout: 120_000 }, () => {
  const cleanup = new AsyncDisposableStack();
  let stage: Stage;

  before(async () => {
    stage = cleanup.use(await startStage());
  });
  after(() => cleanup[Symbol.asyncDispose]());

  test('curl: without the proxy the client behind it gets nowhere', async () => {
    await assert.rejects(stage.run('proxy', 'curl', [...curlOptions, `http://${stage.hostOf('bypass')}/small`]), /ended with 7: /);
  });

  test('a client that is not on this machine fails, and says what installs it', async () => {
    await assert.rejects(stage.run('direct', 'no-such-client', []), /a program is missing \(.*no-such-client.*client-packages\.json/);
  });

  for (const { title, name, host, scheme = 'http', words = [], proxyWords = [], path = 'big', file, access } of fetches) {
    test(`curl: ${title}: the same bytes by the proxy`, async () => {
      const work = async (errand: Errand) => {
        const more = errand.proxy === undefined ? words : [...words, ...proxyWords];
        await curl(errand, [...more, '--output', `${errand.folder}/got`, `${scheme}://${errand.host}/${path}`]);
      };
      const got = await twice(stage, { name, access, work, ...(host === undefined ? {} : { host }) });
      if (file !== undefined) assert.equal(got.get('got'), await digestFile(`${stage.site}/${file}`));
    });
  }

  for (const [scheme, access] of [
    ['http', 'GET 80 206'],
    ['https', 'CONNECT 443 200'],
  ] as const) {
    test(`curl: --continue-at of half a file by ${scheme} fetches the other half`, async () => {
      const half = (await readFile(`${stage.site}/big`)).subarray(0, 1_500_000);
      const got = await twice(stage, {
        name: `resumed-${scheme}`,
        access: [access],
        work: async (errand) => {
          const file = `${errand.folder}/got`;
          await writeFile(file, half);
          const shown = await curl(errand, [
            ...['--continue-at', '-', '--output', file, '--write-out', '%{http_code} %{size_download}'],
            `${scheme}://${errand.host}/big`,
          ]);
          assert.equal(shown, `206 ${3 * 1024 * 1024 - half.length}`);
        },
      });
      assert.equal(got.get('got'), await digestFile(`${stage.site}/big`));
    });
  }

  test('curl: --head gives the fields of the answer and no body', async () => {
    await twice(stage, {
      name: 'head',
      access: ['HEAD 80 200'],
      work: async (errand) => {
        const head = await curl(errand, ['--head', `http://${errand.host}/text.txt`]);
        const [first, ...fields] = head.trim().split(/\r?\n/);
        // What the proxy adds, and what differs by a second.
        const kept = fields.filter((field) => !/^(date|via|connection|keep-alive):/i.test(field)).map((field) => field.toLowerCase());
        assert.ok(kept.some((field) => field.startsWith('content-length: ')));
        await writeFile(`${errand.folder}/head`, [first, ...kept.sort()].join('\n'));
      },
    });
  });

  test('curl: --time-cond of a file that has not changed is 304, and nothing is written', async () => {
    await twice(stage, {
      name: 'unchanged',
      access: ['GET 80 304'],
      work: async (errand) => {
        const file = `${errand.folder}/got`;
        await curl(errand, ['--output', file, '--time-cond', `${stage.site}/small`, `http://${errand.host}/small`]);
        await writeFile(`${errand.folder}/status`, String(await digestFile(file).catch(() => 'nothing')));
      },
    });
  });

  for (const [title, scheme, words, access] of [
    ['of http are requests of one connection', 'http', [], ['GET 80 200', 'GET 80 200', 'GET 80 200']],
    ['of http through a tunnel are one tunnel', 'http', ['--proxytunnel'], ['CONNECT 80 200']],
    ['of https are one tunnel', 'https', [], ['CONNECT 443 200']],
  ] as const) {
    test(`curl: several URLs ${title}`, async () => {
      const paths = ['text.txt', 'small', 'big'];
      await twice(stage, {
        name: `kept-${scheme}${words.length}`,
        access,
        work: async (errand) => {
          const fetched = paths.flatMap((path) => ['--output', `${errand.folder}/${path}`, `${scheme}://${errand.host}/${path}`]);
          const more = errand.proxy === undefined ? [] : words;
          assert.equal(await curl(errand, [...more, '--write-out', '%{num_connects} ', ...fetched]), '1 0 0 ');
        },
      });
    });
  }

  test('curl: --parallel: ten requests at once bring what each asked for', async () => {
    const paths = Array.from({ length: 10 }, (_, index) => (['big', 'text.txt', 'small'] as const)[index % 3] ?? 'big');
    await twice(stage, {
      name: 'parallel',
      access: paths.map(() => 'GET 80 200'),
      work: async (errand) => {
        const fetched = paths.flatMap((path, index) => ['--output', `${errand.folder}/${index}`, `http://${errand.host}/${path}`]);
        await curl(errand, ['--parallel', '--parallel-immediate', ...fetched]);
      },
    });
  });
});
