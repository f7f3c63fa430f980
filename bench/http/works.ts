import type { Work } from './bench-run.ts';
import { carriersOnly } from './contender.ts';
import { decideAlone } from './decide.ts';
import { idleTunnels } from './idle-tunnels.ts';
import { latency } from './latency.ts';
import { rules } from './rules.ts';
import { slowReaders } from './slow-readers.ts';
import { startTime } from './start-time.ts';
import { throughput } from './throughput.ts';
import { workers } from './workers.ts';

/** A goal of the ratio to Squid. */
const atLeast = (value: number) => ({ of: 'ratio', bound: 'at least', value }) as const;

const small = { via: 'absolute', get: 'small' } as const;

/** Everything that is measured, in this order. */
export const works: readonly Work[] = [
  throughput({
    name: 'forward-small',
    title: 'forward GET of 1 kB, connections kept',
    question: small,
    clients: 64,
    connection: 'kept',
    unit: 'requests/s',
    goal: atLeast(1.5),
  }),
  throughput({
    name: 'forward-small-quiet',
    title: 'the same without our access log: the peers write none',
    question: small,
    clients: 64,
    connection: 'kept',
    unit: 'requests/s',
    unable: carriersOnly,
    ours: { variables: { EGRESS_LOG_LEVEL: 'warn' } },
  }),
  throughput({
    name: 'forward-large',
    title: 'forward GET of 1 MB, connections kept',
    question: { via: 'absolute', get: 'large' },
    clients: 16,
    connection: 'kept',
    unit: 'MB/s',
    goal: atLeast(1.2),
  }),
  throughput({
    name: 'forward-post',
    title: 'forward POST of 64 kB, connections kept',
    question: { via: 'absolute', post: 65_536 },
    clients: 32,
    connection: 'kept',
    unit: 'requests/s',
  }),
  throughput({
    name: 'connection-per-request',
    title: 'forward GET of 1 kB, a connection for each',
    question: small,
    clients: 32,
    connection: 'one request',
    unit: 'requests/s',
    goal: atLeast(1.2),
  }),
  throughput({
    name: 'new-tunnels',
    title: 'CONNECT, one GET of 1 kB inside, close',
    question: { via: 'tunnel', get: 'small' },
    clients: 32,
    connection: 'one request',
    unit: 'tunnels/s',
    goal: atLeast(1.2),
  }),
  throughput({
    name: 'tunnel-requests',
    title: 'GET of 1 kB in open tunnels',
    question: { via: 'tunnel', get: 'small' },
    clients: 64,
    connection: 'kept',
    unit: 'requests/s',
    goal: atLeast(1.1),
  }),
  throughput({
    name: 'tunnel-down',
    title: '4 MB downloads in 16 open tunnels',
    question: { via: 'tunnel', get: 'bulk' },
    clients: 16,
    connection: 'kept',
    unit: 'MB/s',
    goal: atLeast(1.1),
  }),
  throughput({
    name: 'tunnel-down-few',
    title: 'the same in 4',
    question: { via: 'tunnel', get: 'bulk' },
    clients: 4,
    connection: 'kept',
    unit: 'MB/s',
  }),
  throughput({
    name: 'tunnel-up',
    title: '4 MB uploads in 16 open tunnels',
    question: { via: 'tunnel', post: 4_194_304 },
    clients: 16,
    connection: 'kept',
    unit: 'MB/s',
    goal: atLeast(1.1),
  }),
  throughput({
    name: 'tunnel-up-few',
    title: 'the same in 4',
    question: { via: 'tunnel', post: 4_194_304 },
    clients: 4,
    connection: 'kept',
    unit: 'MB/s',
  }),
  workers,
  rules,
  decideAlone,
  latency,
  slowReaders,
  idleTunnels,
  startTime,
];
