import assert from 'node:assert/strict';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { after, before, suite, test } from 'node:test';
import { aptPackages, makeAptRepository } from './apt-repository.ts';
import { type Stage, startStage } from './stage.ts';
import { type Errand, twice } from './twice.ts';

/**
 * The only configuration that apt has: a Debian of its own, with nothing installed, below `root`. Everything runs as the user who is root here, since
 * others cannot read the lab's folder.
 */
function formatConfiguration({ proxy, stage }: Errand, root: string): string {
  const proxies = ['http', 'https'].map((scheme) => `Acquire::${scheme}::Proxy "${proxy ?? 'DIRECT'}";`);
  return `
Dir "${root}/";
Dir::State::status "${root}/var/lib/dpkg/status";
APT::Sandbox::User "root";
APT::Install-Recommends "false";
Acquire::https::CAInfo "${stage.authority}";
Acquire::Retries "0";
Acquire::Languages "none";
DPkg::Options { "--root=${root}"; "--force-not-root"; "--log=/dev/null"; };
${proxies.join('\n')}
`;
}

/** Makes the empty Debian, and returns what runs `apt-get` in it. */
async function startDebian(errand: Errand, source: string): Promise<(...words: string[]) => Promise<string>> {
  const { home, run } = errand;
  const root = `${home}/root`;
  const folders = ['etc/apt', 'var/lib/apt/lists/partial', 'var/cache/apt/archives/partial', 'var/lib/dpkg/info', 'var/lib/dpkg/updates'];
  await Promise.all([...folders, 'var/log/apt'].map((folder) => mkdir(`${root}/${folder}`, { recursive: true })));
  await writeFile(`${root}/var/lib/dpkg/status`, '');
  await writeFile(`${root}/etc/apt/sources.list`, `deb [trusted=yes] ${source} ./\n`);
  await writeFile(`${home}/apt.conf`, formatConfiguration(errand, root));
  const env = { APT_CONFIG: `${home}/apt.conf`, DEBIAN_FRONTEND: 'noninteractive' };
  // `download` leaves its files in the working directory.
  return (...words) => run('sh', ['-c', 'cd "$0" && exec apt-get --quiet --yes "$@"', errand.folder, ...words], { env });
}

suite('apt', { concurrency: 2, timeout: 120_000 }, () => {
  const cleanup = new AsyncDisposableStack();
  let stage: Stage;

  before(async () => {
    stage = cleanup.use(await startStage());
    await makeAptRepository(stage);
  });
  after(() => cleanup[Symbol.asyncDispose]());

  for (const { scheme, access } of [
    // There is no InRelease and no signature: those are 404.
    { scheme: 'http', access: ['GET 80 200+', 'GET 80 404+'] },
    { scheme: 'https', access: ['CONNECT 443 200+'] },
  ]) {
    test(`apt-get: update, download and install by ${scheme}: the same packages and files`, async () => {
      const got = await twice(stage, {
        name: `apt-${scheme}`,
        access,
        work: async (errand) => {
          const apt = await startDebian(errand, `${scheme}://${errand.host}/apt/`);
          await apt('update');
          await apt('download', 'leaf-one');
          await apt('install', 'tree');
          await cp(`${errand.home}/root/opt`, `${errand.folder}/opt`, { recursive: true });
          await cp(`${errand.home}/root/var/lib/dpkg/status`, `${errand.folder}/status`);
        },
      });
      const files = Object.keys(aptPackages).map((name) => `opt/${name}/data`);
      assert.deepEqual([...got.keys()], ['leaf-one_1.0_all.deb', ...files, 'status']);
    });
  }
});
