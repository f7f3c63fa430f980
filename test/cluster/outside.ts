import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { makeCertificate } from '../../lab/certificate.ts';
import type { Cluster } from '../../lab/cluster/cluster.ts';
import type { ServerSpec } from '../../lab/programs/served.ts';
import { type Seen, type Servers, serve } from '../../lab/serve.ts';
import type { ClientPod } from './client-pod.ts';

/** What the lists of deploy/ lead to, on every address of the outside. HTTP servers answer with what they saw. */
const specs: readonly ServerSpec[] = [
  { kind: 'http', port: 80 },
  { kind: 'https', port: 443 },
  { kind: 'http', port: 3306 },
  { kind: 'http', port: 5432 },
  { kind: 'udp-echo', port: 9000 },
  { kind: 'udp-echo', port: 9089 },
];

/** The servers outside, and what they saw. Disposing of it ends them. */
export interface Outside extends AsyncDisposable {
  readonly servers: Servers;
}

/** Starts the servers. One test file at a time can have them. */
export async function startOutside(cluster: Cluster): Promise<Outside> {
  const folder = await mkdtemp(`${tmpdir()}/outside-`);
  const servers = await serve(cluster.outside, specs, await makeCertificate(folder, ['www.example.com']));
  return {
    servers,
    async [Symbol.asyncDispose]() {
      await servers[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}

/** A request that was sent and, perhaps, seen. */
export interface Visit {
  /** curl's exit code; 7 = refused, 28 = no answer in time, 56 = a proxy said no. */
  readonly code: number;
  /** The status of the answer; 0 when there was none. */
  readonly status: number;
  readonly body: string;
  /** What the servers outside saw of it; none = it did not arrive. */
  readonly seen: readonly Seen[];
}

/** Sends a request by curl from a client, to a path that nobody else asks for. `base` is a URL without a path. */
export async function visit(client: ClientPod, outside: Outside, base: string, options: readonly string[] = []): Promise<Visit> {
  const path = `/${randomUUID()}`;
  const format = '\n%{http_code}';
  const words = ['--silent', '--show-error', '--globoff', '--max-time', '10', '--write-out', format, ...options, `${base}${path}`];
  const { code, stdout } = await client.run('curl', words);
  const end = stdout.lastIndexOf('\n');
  const isVisit = (event: Seen) => event.event === 'request' && event.target === path;
  const body = stdout.slice(0, end);
  // The answer can be here before the server's own word of it.
  if (body.startsWith('{"event":"request"')) await outside.servers.see(isVisit);
  const seen = outside.servers.seen.filter(isVisit);
  return { code, status: Number(stdout.slice(end + 1)), body, seen };
}
