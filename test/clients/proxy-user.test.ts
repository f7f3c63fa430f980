import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import bcrypt from 'bcryptjs';
import { accessLines, expectSoon } from './access-log.ts';
import { curl, curlOptions } from './curl.ts';
import { proxyAddress, type Stage, startStage } from './stage.ts';
import { digestFile, twice } from './twice.ts';

const proxy = (user: string) => `http://${user}@${proxyAddress.host}:${proxyAddress.port}`;

/** Ways to give a password. */
const accepted = [
  { title: '--proxy-user', name: 'get', words: ['--proxy-user', 'alice:secret'], scheme: 'http', access: ['GET 80 200'] },
  {
    title: '--proxy-user, --proxytunnel',
    name: 'tunnel',
    words: ['--proxy-user', 'alice:secret', '--proxytunnel'],
    scheme: 'http',
    access: ['CONNECT 80 200'],
  },
  { title: '--proxy-user, https', name: 'tls', words: ['--proxy-user', 'alice:secret'], scheme: 'https', access: ['CONNECT 443 200'] },
  { title: 'the URL of the proxy', name: 'url', words: ['--proxy', proxy('alice:secret')], scheme: 'https', access: ['CONNECT 443 200'] },
  {
    title: '--proxy-anyauth, which sends it when asked to',
    name: 'any',
    words: ['--proxy-anyauth', '--proxy-user', 'alice:secret'],
    scheme: 'http',
    access: ['GET 80 200'],
  },
  {
    title: '--proxy-anyauth, https',
    name: 'any-tls',
    words: ['--proxy-anyauth', '--proxy-user', 'alice:secret'],
    scheme: 'https',
    access: ['CONNECT 443 200'],
  },
] as const;

const refused = [
  { title: 'another password by GET', name: 'wrong', words: ['--proxy-user', 'alice:guess'], scheme: 'http', method: 'GET' },
  {
    title: 'another password by https',
    name: 'wrong-tls',
    words: ['--proxy-user', 'alice:guess'],
    scheme: 'https',
    method: 'CONNECT',
  },
  { title: 'no password', name: 'none', words: [], scheme: 'http', method: 'GET' },
  { title: 'another user', name: 'bob', words: ['--proxy-user', 'bob:secret'], scheme: 'http', method: 'GET' },
] as const;

suite('clients with a password', { timeout: 120_000 }, () => {
  const cleanup = new AsyncDisposableStack();
  let stage: Stage;

  before(async () => {
    stage = cleanup.use(await startStage({ users: `alice:${bcrypt.hashSync('secret', 5)}\n` }));
  });
  after(() => cleanup[Symbol.asyncDispose]());

  /** A client that has not said who it is gets no look at its destination, so there is none in the log. */
  const refusals = () =>
    accessLines(stage)
      .filter(({ destination }) => destination === undefined)
      .map(({ method, status }) => `${method} ${status}`);

  for (const { title, name, words, scheme, access } of accepted) {
    test(`curl: the password by ${title}: the same bytes by the proxy`, async () => {
      const got = await twice(stage, {
        name,
        access,
        work: async (errand) => {
          const more = errand.proxy === undefined ? [] : words;
          await curl(errand, [...more, '--output', `${errand.folder}/got`, `${scheme}://${errand.host}/big`]);
        },
      });
      assert.equal(got.get('got'), await digestFile(`${stage.site}/big`));
    });
  }

  for (const { title, name, words, scheme, method } of refused) {
    test(`curl: ${title}: 407, and nothing of the server`, async () => {
      const before = refusals().length;
      const host = stage.hostOf(name);
      const shown = ['--write-out', '%{http_code} %{http_connect}', '--output', '/dev/null'];
      const { host: address, port } = proxyAddress;
      const run = stage.run('proxy', 'curl', [
        ...curlOptions,
        ...shown,
        '--proxy',
        `${address}:${port}`,
        ...words,
        `${scheme}://${host}/small`,
      ]);
      if (scheme === 'http') assert.equal(await run, '407 000');
      else await assert.rejects(run, /ended with 56: .*407/);
      await expectSoon(() => refusals().slice(before), [`${method} 407`]);
    });
  }
});
