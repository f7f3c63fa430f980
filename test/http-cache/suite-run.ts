import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('suite/', import.meta.url));
const packageFolder = `${folder}node_modules/http-cache-tests/`;

/** What became of one test of the suite: it passed, or the kind of its failure and the words for it. */
export type SuiteResult = true | readonly [kind: string, message: string];

/** What a run of the suite brought. */
export interface SuiteRun {
  /** Requests that its client made. */
  readonly sent: number;
  readonly results: Readonly<Record<string, SuiteResult>>;
}

/** Starts the suite's own server on a free port; it ends with the test. @returns its URL by an address of loopback that no listener of ours has */
export async function startSuiteServer(t: TestContext): Promise<string> {
  const settings = { npm_config_protocol: 'http', npm_config_port: '0', npm_config_pidfile: '/dev/null' };
  const server = spawn(process.execPath, [`${packageFolder}server/server.mjs`], {
    cwd: packageFolder,
    env: settings,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => server.kill('SIGKILL'));
  const [line] = await once(createInterface(server.stdout), 'line');
  const { port } = new URL(String(line).replace('Listening on ', ''));
  return `http://127.0.0.2:${port}`;
}

/** Runs all tests of the suite against its server, through the proxy if there is one. @throws Error when it did not come to an end */
export async function runSuite(base: string, proxy?: string): Promise<SuiteRun> {
  const words = [`${folder}run-suite.mjs`, base, ...(proxy === undefined ? [] : [proxy])];
  const client = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  return JSON.parse(await text(client.stdout));
}
