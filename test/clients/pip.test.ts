import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { makePythonIndex, pythonPackages } from './python-index.ts';
import { type Stage, startStage } from './stage.ts';
import { twice } from './twice.ts';

suite('pip', { concurrency: 2, timeout: 120_000 }, () => {
  const cleanup = new AsyncDisposableStack();
  let stage: Stage;

  before(async () => {
    stage = cleanup.use(await startStage());
    await makePythonIndex(stage);
  });
  after(() => cleanup[Symbol.asyncDispose]());

  for (const { scheme, trust, access } of [
    // A page and a wheel for each of the two packages.
    { scheme: 'http', trust: ['--trusted-host'], access: ['GET 80 200', 'GET 80 200', 'GET 80 200', 'GET 80 200'] },
    { scheme: 'https', trust: ['--cert'], access: ['CONNECT 443 200+'] },
  ]) {
    test(`pip: install by ${scheme}: the same packages`, async () => {
      const got = await twice(stage, {
        name: `pip-${scheme}`,
        access,
        work: async ({ proxy, host, folder, home, run }) => {
          const options = [
            '--index-url',
            `${scheme}://${host}/simple/`,
            ...trust,
            scheme === 'http' ? host : stage.authority,
            '--retries',
            '0',
          ];
          const through = proxy === undefined ? [] : ['--proxy', proxy];
          // What is compiled has times in it.
          const where = ['--target', folder, '--no-compile', '--cache-dir', `${home}/cache`];
          const env = { PIP_CONFIG_FILE: '/dev/null', PIP_DISABLE_PIP_VERSION_CHECK: '1', PIP_ROOT_USER_ACTION: 'ignore' };
          await run('pip3', ['install', '--quiet', ...options, ...through, ...where, 'tree'], { env });
        },
      });
      for (const name of Object.keys(pythonPackages)) assert.ok(got.has(`${name}/data`), name);
    });
  }
});
