import { addresses } from '../lab/addresses.ts';
import type { HostProcess } from '../lab/host-process.ts';
import { buildLab, type Lab } from '../lab/lab.ts';
import { type Nameserver, startNameserver } from '../lab/nameserver.ts';
import { serve } from '../lab/serve.ts';
import type { Report } from './report.ts';

const router = 'bin/egress-router';
const plan = addresses.ipv4;

/** Addresses that the story names, from the lab's plan. */
export const places = {
  source: plan.lan.source,
  gateway: plan.lan.gateway,
  server: plan.outside.servers[0],
  otherServer: plan.outside.servers[1],
  service: plan.service.router,
  client: plan.subnet.client,
  router: plan.subnet.router,
};

/** What a client got. */
export interface Got {
  readonly status: number;
  /** Which source the server saw; undefined when it was not the server that answered. */
  readonly seenSource: string | undefined;
  /** Which address the server was dialled at. */
  readonly server: string | undefined;
  /** In words, for people. */
  readonly words: string;
}

/** A network with one router pod, its clients, and servers outside that admit only the reserved address. */
export class Stage {
  readonly lab: Lab;
  readonly report: Report;
  readonly #nameserver: Nameserver;

  /** Builds it; the caller disposes of the lab. */
  static async build(report: Report, ports: readonly number[]): Promise<Stage> {
    const lab = await buildLab({ family: 'ipv4' });
    const servers = await serve(lab.host('outside'), [{ kind: 'http', port: 80, admit: [places.source] }]);
    lab.attach(servers);
    await lab.addServices(
      ...ports.map((port) => ({ protocol: 'tcp' as const, address: places.service, port, target: { address: places.router, port } })),
    );
    return new Stage(lab, report, await startNameserver(lab, zoneOf('db.example.com', places.server)));
  }

  private constructor(lab: Lab, report: Report, nameserver: Nameserver) {
    this.lab = lab;
    this.report = report;
    this.#nameserver = nameserver;
  }

  /** Gives a name another address. */
  moveName(name: string, address: string): Promise<void> {
    return this.#nameserver.setZone(zoneOf(name, address));
  }

  /** Runs the init container to its end. */
  async setup(mode: string, env: Readonly<Record<string, string>>): Promise<void> {
    const all = { EGRESS_SOURCE: `${places.source}/24`, EGRESS_GATEWAY: places.gateway, EGRESS_ROUTER_MODE: mode, ...env };
    this.#showContainer('init container', all);
    const { code, stdout, stderr } = await this.lab.host('router').run(router, [], { env: all });
    this.report.promise(
      'the init container claims the source IP and exits with 0',
      code === 0,
      `${lastMessage(stdout)}${stderr} (exit code ${code})`,
    );
  }

  /** Starts the main container and waits until it is ready. */
  async run(env: Readonly<Record<string, string>>): Promise<HostProcess> {
    this.#showContainer('main container', env);
    const process = await this.lab.host('router').spawn(router, [], { env });
    this.lab.attach(process);
    await process.line('"msg":"ready"');
    return process;
  }

  /** A request by curl from the client pod. */
  readonly request = async (words: readonly string[], how?: 'quietly'): Promise<Got> => {
    if (how === undefined) this.report.command('client', ['curl', ...words].join(' '));
    const marker = '\n%{http_code} %{http_connect} %{errormsg}';
    const { stdout } = await this.lab.host('client').run('curl', ['--silent', '--max-time', '5', '--write-out', marker, ...words]);
    const body = stdout.slice(0, stdout.lastIndexOf('\n'));
    const [code = '0', connect = '0', ...error] = stdout.slice(stdout.lastIndexOf('\n') + 1).split(' ');
    const status = Number(code) || Number(connect);
    const seenSource = /"source":"([^"]+)"/.exec(body)?.[1];
    const server = /"destination":"([^"]+)"/.exec(body)?.[1];
    const answer = seenSource === undefined ? body : `the server ${server} saw a connection from ${seenSource}`;
    return { status, seenSource, server, words: status === 0 ? `curl: ${error.join(' ')}` : `${status}: ${answer}` };
  };

  /** The first act of each mode: what a client gets without the router. */
  async direct(): Promise<void> {
    this.report.say('Without the router: the node sends the request with its own address.');
    const got = await this.request([`http://${places.server}/`]);
    const kept = got.status === 403 && got.seenSource === this.lab.nodeAddress('ipv4');
    this.report.promise(`the server refuses it: it admits only ${places.source}`, kept, got.words);
  }

  #showContainer(name: string, env: Readonly<Record<string, string>>): void {
    this.report.say('', `The ${name}, with the variables of its manifest:`);
    if (Object.keys(env).length === 0) this.report.say('  none: in redirect mode it has nothing to do but watch');
    for (const [variable, value] of Object.entries(env)) {
      const [first = '', ...rest] = value.split('\n');
      this.report.say(
        `  ${variable}=${rest.length === 0 ? first : '|'}`,
        ...(rest.length === 0 ? [] : [first, ...rest].map((line) => `    ${line}`)),
      );
    }
  }
}

function zoneOf(name: string, address: string) {
  return { records: [{ name, type: 'A' as const, data: address }] };
}

function lastMessage(log: string): string {
  const line = log.trimEnd().split('\n').at(-1) ?? '';
  return line === '' ? '' : `log: ${line}`;
}
