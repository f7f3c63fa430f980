import { createSocket } from 'node:dgram';
import { connect, type Socket } from 'node:net';

// usage: traffic.ts JSON, an array of flows. Sends on all of them every 200 ms until it is killed, and prints what each round brought.

/** Somewhere to send to, again and again. */
export interface Flow {
  /** `stream`: one connection that stays and is opened anew when it ends; `connect`: a new connection each time; `datagram`: a UDP datagram. */
  readonly kind: 'stream' | 'connect' | 'datagram';
  readonly address: string;
  readonly port: number;
  /** What a new connection says first, such as the request to a proxy. */
  readonly preamble?: string;
}

/** What came back since the round before: answers, by the flow's place in the list. */
export interface Round {
  readonly round: number;
  readonly answered: readonly number[];
}

const interval = 200;
/** Milliseconds after which a new connection is given up: enough for many to be under way at once. */
const patience = 500;

if (import.meta.main) {
  const flows: readonly Flow[] = JSON.parse(process.argv[2] ?? '[]');
  const answered = new Set<number>();
  const senders = flows.map((flow, index) => openFlow(flow, () => answered.add(index)));
  let round = 0;
  setInterval(() => {
    round += 1;
    for (const send of senders) send();
    console.log(JSON.stringify({ round, answered: [...answered].sort() } satisfies Round));
    answered.clear();
  }, interval);
}

/** Gives a function that sends once. Errors are what a fault is expected to cause. */
function openFlow(flow: Flow, onAnswer: () => void): () => void {
  switch (flow.kind) {
    case 'stream':
      return openStream(flow, onAnswer);
    case 'connect':
      return () => {
        const socket = dialFlow(flow, () => {
          onAnswer();
          socket.destroy();
        });
        socket.write('new\n');
        setTimeout(() => socket.destroy(), patience);
      };
    case 'datagram':
      return openDatagrams(flow, onAnswer);
  }
}

function openStream(flow: Flow, onAnswer: () => void): () => void {
  let socket: Socket | undefined;
  return () => {
    if (socket === undefined || socket.destroyed) socket = dialFlow(flow, onAnswer);
    socket.write('more\n');
  };
}

function openDatagrams({ address, port }: Flow, onAnswer: () => void): () => void {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
    .on('message', onAnswer)
    .on('error', () => {});
  return () => socket.send('datagram', port, address, () => {});
}

/** An answer is data of the server: what a proxy says about the preamble does not count. */
function dialFlow({ address, port, preamble }: Flow, onAnswer: () => void): Socket {
  const socket = connect({ host: address, port }).on('error', () => socket.destroy());
  socket.on('data', (data) => {
    if (/^(more|new)$/m.test(data.toString())) onAnswer();
  });
  if (preamble !== undefined) socket.write(preamble);
  return socket;
}
