import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { after, before, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Stage, startStage } from './stage.ts';
import { type Errand, twice } from './twice.ts';

const backend = '/usr/lib/git-core/git-http-backend';

/** Of nginx: git's own server, as CGI. */
const locations = (site: string) => `
    location /git/ {
      fastcgi_pass unix:${site}/../git.sock;
      fastcgi_param SCRIPT_FILENAME ${backend};
      fastcgi_param GIT_PROJECT_ROOT ${site}/../repositories;
      fastcgi_param GIT_HTTP_EXPORT_ALL yes;
      fastcgi_param GIT_CONFIG_COUNT 1;
      fastcgi_param GIT_CONFIG_KEY_0 safe.directory;
      fastcgi_param GIT_CONFIG_VALUE_0 *;
      fastcgi_param REQUEST_METHOD $request_method;
      fastcgi_param QUERY_STRING $query_string;
      fastcgi_param CONTENT_TYPE $content_type;
      fastcgi_param CONTENT_LENGTH $content_length;
      fastcgi_param HTTP_CONTENT_ENCODING $http_content_encoding;
      fastcgi_param HTTP_GIT_PROTOCOL $http_git_protocol;
      rewrite ^/git(/.*)$ $1 break;
      fastcgi_param PATH_INFO $uri;
      # Whoever pushes must have a name.
      fastcgi_param REMOTE_USER somebody;
    }
`;

/** Its dates and people are always the same, so that the same work makes the same commits. */
const identity = Object.fromEntries(
  ['AUTHOR', 'COMMITTER'].flatMap((role) => [
    [`GIT_${role}_NAME`, 'Somebody'],
    [`GIT_${role}_EMAIL`, 'somebody@example.test'],
    [`GIT_${role}_DATE`, '2026-01-01T00:00:00Z'],
  ]),
);

/** Runs git in one of its two ways; by HTTP/1.1: over HTTP/2, between Debian's libcurl 7.88 and nginx 1.22, a push arrives garbled now and then, without a proxy too. */
function git({ run, proxy, stage }: Errand, words: readonly string[]): Promise<string> {
  const env = { ...identity, GIT_CONFIG_NOSYSTEM: '1', GIT_TERMINAL_PROMPT: '0', http_proxy: proxy, https_proxy: proxy };
  return run('git', ['-c', `http.sslCAInfo=${stage.authority}`, '-c', 'http.version=HTTP/1.1', ...words], { env });
}

suite('git', { concurrency: 2, timeout: 120_000 }, () => {
  const cleanup = new AsyncDisposableStack();
  let stage: Stage;

  before(async () => {
    stage = cleanup.use(await startStage({ locations }));
    await Promise.all([makeRepository(stage), startCgi(stage)]);
  });
  after(() => cleanup[Symbol.asyncDispose]());

  for (const { scheme, access } of [
    { scheme: 'http', access: ['GET 80 200+', 'POST 80 200+'] },
    { scheme: 'https', access: ['CONNECT 443 200+'] },
  ]) {
    test(`git: clone, commit and push by ${scheme}: the same tree, and the same commit arrives`, async () => {
      const got = await twice(stage, {
        name: `git-${scheme}`,
        access,
        work: async (errand) => {
          const work = `${errand.home}/work`;
          const branch = `${scheme}-${errand.way}`;
          await git(errand, ['clone', '--quiet', `${scheme}://${errand.host}/git/project.git`, work]);
          await cp(`${stage.site}/big`, `${work}/big`);
          await git(errand, ['-C', work, 'add', '.']);
          await git(errand, ['-C', work, 'commit', '--quiet', '--message', 'more']);
          // More than http.postBuffer, so that it is sent in chunks.
          await git(errand, ['-C', work, 'push', '--quiet', 'origin', `HEAD:refs/heads/${branch}`]);

          await cp(work, errand.folder, { recursive: true, filter: (path) => !path.startsWith(`${work}/.git`) });
          const pushed = await git(errand, ['-C', `${stage.lab.folder}/repositories/project.git`, 'rev-parse', branch]);
          await writeFile(`${errand.folder}/pushed`, pushed);
          await git(errand, ['-C', `${stage.lab.folder}/repositories/project.git`, 'fsck', '--full', '--strict']);
        },
      });
      assert.deepEqual([...got.keys()], ['big', 'data', 'folder/file', 'pushed']);
    });
  }
});

/** What nginx starts CGI programs by; resolves once it listens. */
async function startCgi({ lab }: Stage): Promise<void> {
  const socket = `${lab.folder}/git.sock`;
  const fcgiwrap = lab.attach(await lab.host('outside').spawn('fcgiwrap', ['-c', '4', '-s', `unix:${socket}`]));
  while (!existsSync(socket)) {
    if (!fcgiwrap.isRunning) throw new Error(`fcgiwrap ended, and no git is served: ${fcgiwrap.stderr}`);
    await sleep(10);
  }
}

/** A bare repository with a few commits, outside. */
async function makeRepository(stage: Stage): Promise<void> {
  const { folder } = stage.lab;
  const work = `${folder}/origin`;
  await mkdir(`${work}/folder`, { recursive: true });
  const outside = stage.lab.host('outside');
  const local = (...words: string[]) => outside.output('git', ['-C', work, ...words], { env: { ...identity, HOME: folder } });
  await local('init', '--quiet', '--initial-branch=main');
  for (const text of ['first', 'second', 'third']) {
    await writeFile(`${work}/folder/file`, text);
    await writeFile(`${work}/data`, randomBytes(500_000));
    await local('add', '.');
    await local('commit', '--quiet', '--message', text);
  }
  await outside.output('git', ['clone', '--quiet', '--bare', work, `${folder}/repositories/project.git`], { env: { HOME: folder } });
}
