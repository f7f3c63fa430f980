import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { addresses } from '../../lab/addresses.ts';
import { makeCertificate } from '../../lab/certificate.ts';
import type { RunOptions } from '../../lab/host.ts';
import type { HostProcess } from '../../lab/host-process.ts';
import { buildLab, type Lab } from '../../lab/lab.ts';
import { startNameserver } from '../../lab/nameserver.ts';
import { startRouterPod } from '../e2e/router-pod.ts';
import { makeSite } from './site.ts';
import { startWebServer } from './web-server.ts';

/** How a client gets to the web server. */
export type Way = 'direct' | 'proxy';

/** What can be different on a stage. */
export interface StageOptions {
  /** More `location` blocks of the web server. `site` is the folder that it serves. */
  readonly locations?: (site: string) => string;
  /** The content of the proxy's file of users; undefined: it asks nobody for a password. */
  readonly users?: string;
}

/** Where the proxy listens, as clients in the cluster dial it. */
export const proxyAddress = { host: addresses.ipv4.subnet.router, port: 8080 } as const;

/** All names below it are the web server's. */
const domain = 'example.test';

/**
 * A web server outside, the router in HTTP proxy mode, and two pods for clients: one that reaches the server by itself, and one that reaches it by the proxy or not
 * at all. Disposing of it ends everything.
 */
export class Stage {
  readonly lab: Lab;
  /** What the web server serves. */
  readonly site: string;
  /** A PEM file: whom clients are to trust. */
  readonly authority: string;
  readonly #router: HostProcess;

  constructor(lab: Lab, { site, authority, router }: { readonly site: string; readonly authority: string; readonly router: HostProcess }) {
    this.lab = lab;
    this.site = site;
    this.authority = authority;
    this.#router = router;
  }

  /** A name of the web server, to tell one client's requests from another's in the proxy's log. */
  hostOf(name: string): string {
    return `${name}.${domain}`;
  }

  /**
   * Runs a client's program, which must succeed, and returns what it writes. It has no configuration but its arguments and variables.
   * @throws Error when the program is missing, or with what it wrote when it fails
   */
  async run(way: Way, command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
    const host = this.lab.host(way === 'direct' ? 'client' : 'otherClient');
    const { code, stdout, stderr } = await host.run(command, args, options);
    if (code === 127)
      throw new Error(`a program is missing (${stderr.trim()}): \`npm test\` installs what scripts/client-packages.json names`);
    if (code !== 0) throw new Error(`${way}: '${[command, ...args].join(' ')}' ended with ${code}: ${stderr}${stdout}`);
    return stdout;
  }

  /** What the proxy has logged until now. */
  get log(): string {
    return this.#router.stdout;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.lab[Symbol.asyncDispose]();
  }
}

/** Builds a stage; resolves when the proxy is ready. The caller disposes of it. */
export async function startStage({ locations = () => '', users }: StageOptions = {}): Promise<Stage> {
  await using cleanup = new AsyncDisposableStack();
  const lab = cleanup.use(await buildLab({ podNetwork: 'calico', family: 'dual' }));
  const site = `${lab.folder}/site`;
  await mkdir(site);
  const [ipv4, ipv6] = [addresses.ipv4.outside, addresses.ipv6.outside];
  const tls = await makeCertificate(lab.folder, [domain, `*.${domain}`, ...ipv4.servers, ...ipv6.servers]);
  const serving = makeSite(site).then(() => startWebServer(lab, { site, tls, locations: locations(site) }));
  const naming = startNameserver(lab, {
    records: [
      { name: `*.${domain}`, type: 'A', data: ipv4.servers[0] },
      { name: `*.${domain}`, type: 'AAAA', data: ipv6.servers[0] },
    ],
  });
  const bypassing = lab.host('otherClient').output('ip', ['-batch', '-'], {
    input: [ipv4, ipv6].map(({ prefix }) => `route add unreachable ${prefix}\n`).join(''),
  });
  await Promise.all([serving, naming, bypassing]);
  const router = await startRouterPod(lab, 'http-proxy', {
    variables: {
      EGRESS_HTTP_PROXY_DESTINATION: [`*.${domain}`, ipv4.prefix, ipv6.prefix].join('\n'),
      ...(users === undefined ? {} : { EGRESS_HTTP_PROXY_USERS_FILE: await writeUsers(lab.folder, users) }),
    },
  });
  cleanup.move();
  return new Stage(lab, { site, authority: tls.cert, router });
}

/** For the router, which is another user and may not look into the lab's folder. @returns the path */
async function writeUsers(folder: string, users: string): Promise<string> {
  const file = `${folder}/users`;
  await writeFile(file, users, { mode: 0o644 });
  await chmod(folder, 0o711);
  return file;
}
