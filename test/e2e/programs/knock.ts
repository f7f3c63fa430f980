import { createSocket } from 'node:dgram';
import { connect } from 'node:net';

// usage: knock.ts MILLISECONDS JSON, an array of targets { protocol: 'tcp' | 'udp', address, port }; prints an array of answers.

/** Something that may or may not answer. */
export interface Target {
  readonly protocol: 'tcp' | 'udp';
  readonly address: string;
  readonly port: number;
}

/** `open` = the connection opened, or the datagram was answered; `silent` = nothing came in time; else the error's code, such as `ECONNREFUSED`. */
export type Answer = string;

if (import.meta.main) {
  const patience = Number(process.argv[2]);
  const targets: readonly Target[] = JSON.parse(process.argv[3] ?? '[]');
  const answers = await Promise.all(
    targets.map((target) => (target.protocol === 'tcp' ? knockTcp(target, patience) : knockUdp(target, patience))),
  );
  console.log(JSON.stringify(answers));
}

function knockTcp({ address, port }: Target, patience: number): Promise<Answer> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    const end = (answer: Answer) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => end('silent'), patience);
    socket.once('connect', () => end('open'));
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
  });
}

function knockUdp({ address, port }: Target, patience: number): Promise<Answer> {
  return new Promise((resolve) => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    const end = (answer: Answer) => {
      clearTimeout(timer);
      socket.close();
      resolve(answer);
    };
    const timer = setTimeout(() => end('silent'), patience);
    socket.once('message', () => end('open'));
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
    // Only a connected socket is told of ICMP errors.
    socket.connect(port, address, (error?: Error) => {
      if (error === undefined) socket.send('knock');
    });
  });
}
