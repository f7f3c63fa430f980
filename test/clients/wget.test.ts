import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { after, before, suite, test } from 'node:test';
import { type Stage, startStage } from './stage.ts';
import { digestFile, type Errand, twice } from './twice.ts';

/** Runs wget in one of its two ways, in the folder whose content is compared. */
function wget({ run, proxy, stage, folder }: Errand, words: readonly string[]): Promise<string> {
  const options = ['--no-config', '--no-verbose', '--no-hsts', '--tries=1', '--timeout=30', `--directory-prefix=${folder}`];
  return run('wget', [...options, `--ca-certificate=${stage.authority}`, ...words], { env: { http_proxy: proxy, https_proxy: proxy } });
}

/** Pages that link to one another. */
const pages = {
  'index.html': '<a href="part/one.html">one</a> <a href="part/two.html">two</a>',
  'part/one.html': '<a href="../index.html">back</a> <a href="picture">picture</a>',
  'part/two.html': '<a href="one.html">one</a>',
  'part/picture': 'no picture',
};

suite('wget', { concurrency: 4, timeout: 120_000 }, () => {
  const cleanup = new AsyncDisposableStack();
  let stage: Stage;

  before(async () => {
    stage = cleanup.use(await startStage());
    await mkdir(`${stage.site}/pages/part`, { recursive: true });
    await Promise.all(Object.entries(pages).map(([path, text]) => writeFile(`${stage.site}/pages/${path}`, text)));
  });
  after(() => cleanup[Symbol.asyncDispose]());

  for (const { scheme, fetched, continued, mirrored } of [
    { scheme: 'http', fetched: 'GET 80 200', continued: 'GET 80 206', mirrored: Object.keys(pages).map(() => 'GET 80 200') },
    { scheme: 'https', fetched: 'CONNECT 443 200', continued: 'CONNECT 443 200', mirrored: ['CONNECT 443 200+'] },
  ]) {
    test(`wget: a file by ${scheme}: the same bytes by the proxy`, async () => {
      const got = await twice(stage, {
        name: `wget-${scheme}`,
        access: [fetched],
        work: async (errand) => void (await wget(errand, [`${scheme}://${errand.host}/big`])),
      });
      assert.equal(got.get('big'), await digestFile(`${stage.site}/big`));
    });

    test(`wget: --continue by ${scheme} fetches what is missing`, async () => {
      const half = (await readFile(`${stage.site}/big`)).subarray(0, 1_500_000);
      const got = await twice(stage, {
        name: `continue-${scheme}`,
        access: [continued],
        work: async (errand) => {
          await writeFile(`${errand.folder}/big`, half);
          await wget(errand, ['--continue', `${scheme}://${errand.host}/big`]);
        },
      });
      assert.equal(got.get('big'), await digestFile(`${stage.site}/big`));
    });

    test(`wget: --recursive by ${scheme}: the same pages by the proxy`, async () => {
      const got = await twice(stage, {
        name: `recursive-${scheme}`,
        access: mirrored,
        work: async (errand) => {
          const words = ['--recursive', '--no-parent', '--no-host-directories', '--execute=robots=off'];
          await wget(errand, [...words, `${scheme}://${errand.host}/pages/index.html`]);
        },
      });
      assert.deepEqual(
        [...got.keys()],
        Object.keys(pages)
          .map((path) => `pages/${path}`)
          .sort(),
      );
    });
  }
});
