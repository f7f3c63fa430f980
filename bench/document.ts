import type { Report } from './report.ts';
import { isMet, isSaturated } from './row.ts';
import { formatTable } from './table.ts';

/** docs/benchmarks.md, as Markdown. */
export function formatDocument({ environment, rounds, seconds, rows }: Report): string {
  const missed = rows.filter((row) => isMet(row) === false).map(({ work }) => `\`${work}\``);
  const idle = rows.filter((row) => isSaturated(row) === false).map(({ work, peerName }) => `\`${work}\` (${peerName})`);
  return `# Benchmarks of HTTP proxy mode

\`npm run bench -- document\` writes this page from the last \`npm run bench -- http\`; whoever doubts a figure can make it.

![How many times as good as Squid](benchmarks.svg)

Made on ${environment.date}, on ${environment.machine}. ${environment.versions.join('; ')}.
Each figure is the median of ${rounds} rounds of ${seconds} s. The ratio is ours divided by the peer's: the median of the rounds' ratios, and beside it the smallest and the largest.

${formatTable(rows)}

${missed.length === 0 ? 'Every goal is met.' : `Goals not met: ${missed.join(', ')}.`}
${idle.length === 0 ? 'In every row both proxies had no time left.' : `Where the core was not busy the load or the origin was the limit, and the CPU time says more than the throughput: ${idle.join(', ')}.`}

## How it is measured

* In a network of namespaces: clients in a pod, the proxy in the router pod with its source IP claimed, the origin on the LAN, a nameserver for its name.
* The proxy is pinned to one core, the same for each; clients, origin, nameserver and the reader of our log share another. *Core busy* is the proxy's CPU time (utime + stime of \`/proc/PID/stat\`) divided by the time of the sample, in the round
  with the least; where it is below 95% for one of the two, the throughput is that of something else. *CPU* is the proxy's time in microseconds for one of what is counted.
* Four tunnels (\`tunnel-down-few\`, \`tunnel-up-few\`) keep neither core busy: a proxy that has carried all that there is sleeps, and is woken again, thousands of times a second. Who needs less time sleeps more often. Sixteen show what a proxy can carry.
* All proxies of a row run at the same time, and are measured by turns: ours, peer, ours, peer.
* An answer counts if its status is 200 and every byte of its body is what it must be; uploads are compared by the origin. One wrong answer, or a connection that fails, fails the row.
* Times at half load are taken from the moment when a request was due, not from when a client was free to send it. The load is half of what the slowest can carry, the same for all.
* Memory of an idle tunnel is the growth of the process (proportional set size), without the kernel's buffers.
* Squid is configured as OKD's egress router does it: \`cache deny all\`, no access log, an \`acl\` and an \`http_access\` for each line. tinyproxy allows everything and closes the connection after each answer. Ours is as its manifest starts it,
  with a log line a request, which a reader takes from a pipe; \`forward-small-quiet\` is without.
* \`relay\` is the least that a proxy on Node can do (\`bench/programs/relay.ts\`): it takes bytes from one socket to another, and judges, checks and logs nothing. What it needs nobody on Node can save, but for connections to the origin: it opens one for each client, and ours keeps them.
* A decision is made by an index of the list: names and domains by hash, prefixes by a tree with a step for each octet; \`decide-N\` is that alone.
* \`rules-N-growth\` is CPU time with N rules divided by that with one rule, ours and the peer's; \`rules-N-cpu\` is the first of the two by itself. \`workers-2\` is ours with \`EGRESS_HTTP_PROXY_WORKERS\` set to 2, both on the one core, against ours with one: what a second worker costs where there is no core for it. \`slow-readers-own\` is ours beside 16 slow readers, against ours without them.

## Where the time goes

A CPU profile of \`forward-small\` on the pinned core (\`--profile FOLDER\`) on a quiet machine, without start and the watch of the network:

| share | what |
|---|---|
| 26% | the two writes of a request: the system call, and in it the kernel's way to the other pod, which every proxy has |
| 34% | the proxy itself: heads read and written 14%; connections, the decision, the pool and records 20% |
| 23% | Node's streams, timers and promises |
| 8% | the access log, the text of a line and a write for all lines of 5 ms; the peers write none |
| 4% | collecting garbage |
| 5% | the engine |

What the profile cannot see are reads, which it takes for idle time. The relay is the bound of all that on Node.

In tunnels most of the time is the kernel's, by \`perf\`: of a new tunnel 68% (the connect 19%, three writes 21%, the two ends 14%, two closes 5%), of a request in an open one 72%, of an upload 90%, a third of it copies. Squid has the same to pay, and in an open tunnel ours is at the bound: requests,
downloads and uploads cost what the relay needs. A relay that drives libuv's handles by itself, without Node's streams, gained 2%, which is within the noise. So \`tunnel-requests\` and \`tunnel-up\` stay near what Squid makes, and clients and origin, who share the other core, are as busy as the proxy.
For a new tunnel, what ours needs beyond the relay goes into a head, a decision, limits, deadlines and a line of the log.

What wakes another process up (small writes, connects, ends) is done together, in batches (\`src/net/batch.ts\`): on a virtual machine waking a core that rests costs more than the rest of a write, and a proxy that writes one by one finds the other core resting again and
again. Squid pays that. Batches begin when the event loop has no time to rest, so without load nothing waits; at half load the p50 is 7% longer for them.

Downloads are read into buffers that sockets share (\`src/net/frugal-reads.ts\`), which halved their time. Accepted sockets have no such option: Node makes 64 KiB for each read. What has been written gives its memory back at once, in tunnels and in forwarded bodies, for otherwise V8 looks
through the whole heap whenever 64 MB have come: that saved 40% of both. Open sockets are held in slots (\`src/net/slots.ts\`), since a Set that changes all the time makes the garbage collector keep what has long been closed.

The machine matters. On an Intel Xeon under nested virtualisation, where waking a core that rests is dear, c443e52 made these of Squid's: \`forward-small\` 1.40x, \`connection-per-request\` 1.44x, \`new-tunnels\` 0.88x, \`tunnel-requests\` 1.05x, \`tunnel-up\` 1.04x (its page is in that commit); and before batches (a8e4bc2)
0.97x, 1.02x, 0.60x, 1.00x and 0.99x. Squid needs less there for a new tunnel (163 us), and the goal for it is not met on such a machine.
`;
}
