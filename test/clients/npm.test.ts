import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { after, before, suite, test } from 'node:test';
import { makeNpmRegistries, npmLocations, npmPackages } from './npm-registry.ts';
import { type Stage, startStage } from './stage.ts';
import { twice } from './twice.ts';

const cases = [
  { scheme: 'http', access: ['GET 80 200', 'GET 80 200', 'GET 80 200', 'GET 80 200'] },
  { scheme: 'https', access: ['CONNECT 443 200+'] },
] as const;

suite('npm', { concurrency: 2, timeout: 120_000 }, () => {
  const cleanup = new AsyncDisposableStack();
  let stage: Stage;
  const registryOf = (scheme: string) => `${scheme}://${stage.hostOf(`npm-${scheme}`)}/npm/${scheme}/`;

  before(async () => {
    stage = cleanup.use(await startStage({ locations: npmLocations }));
    await makeNpmRegistries(
      stage,
      cases.map(({ scheme }) => registryOf(scheme)),
    );
  });
  after(() => cleanup[Symbol.asyncDispose]());

  for (const { scheme, access } of cases) {
    test(`npm: install by ${scheme}: the same packages, and the same lock file`, async () => {
      const got = await twice(stage, {
        name: `npm-${scheme}`,
        access,
        work: async ({ proxy, folder, home, run }) => {
          const settings = {
            registry: registryOf(scheme),
            cafile: stage.authority,
            cache: `${home}/cache`,
            userconfig: `${home}/npmrc`,
            globalconfig: `${home}/global-npmrc`,
            prefix: folder,
            'fetch-retries': '0',
            ...(proxy === undefined ? {} : { proxy, 'https-proxy': proxy }),
          };
          const options = Object.entries(settings).map(([name, value]) => `--${name}=${value}`);
          const quiet = ['--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];
          await writeFile(`${folder}/package.json`, JSON.stringify({ name: 'job', private: true }));
          await run('npm', ['install', ...options, ...quiet, '@forest/tree']);
        },
      });
      for (const name of Object.keys(npmPackages)) assert.ok(got.has(`node_modules/${name}/data`), name);
      assert.ok(got.has('package-lock.json'));
    });
  }
});
