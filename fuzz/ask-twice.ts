import { connect } from 'node:net';
import type { Exchange } from './client.ts';
import { type Read, type ResponseMessage, readResponse, valuesOf } from './http-reader.ts';

/** What a client made of the answers to its two requests; `second` is undefined where it could not ask again on that connection. */
export interface AskedTwice {
  readonly exchange: Exchange;
  readonly first: Read<ResponseMessage>;
  readonly second: Read<ResponseMessage> | undefined;
}

/** How a client asks. */
export interface AskOptions {
  readonly method: string;
  readonly version: '1.0' | '1.1';
  /** Settles when the origin has sent its first answer. */
  readonly sent: Promise<void>;
  /** Leaves when that is unfinished a little later. */
  readonly givesUp: boolean;
}

/** For what is on its way to arrive, in milliseconds. */
const underway = 3;
/** Before a client gives up. */
const shortPatience = 50;
/** Before a client that does not give up says that it was left waiting. */
const longPatience = 20_000;

/** Asks for open.test on a connection to the proxy, and, when the first answer is whole, once more. Reads the answers strictly. Never rejects. */
export function askTwice(port: number, { method, version, sent, givesUp }: AskOptions): Promise<AskedTwice> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let received = '';
    let end: Exchange['end'] | undefined;
    let first: Read<ResponseMessage> = { kind: 'incomplete' };
    let second: Read<ResponseMessage> | undefined;
    let state: 'first' | 'between' | 'second' = 'first';

    const askAgain = async (answer: ResponseMessage) => {
      state = 'between';
      await sent;
      // What came behind the answer is to be there before it could be taken for the next one.
      await new Promise((next) => setTimeout(next, underway));
      const kept = end === undefined && !socket.destroyed && !valuesOf(answer.fields, 'connection').includes('close');
      state = 'second';
      if (kept) socket.write('GET http://open.test/again HTTP/1.1\r\nHost: x\r\n\r\n');
      else socket.destroy();
    };
    const read = () => {
      if (state === 'between') return;
      first = readResponse(received, method, end === 'ended');
      if (first.kind === 'bad') socket.destroy();
      if (first.kind !== 'whole') return;
      if (state === 'first') {
        void askAgain(first.message);
        return;
      }
      second = readResponse(first.rest, 'GET', end === 'ended');
      if (second.kind !== 'incomplete') socket.destroy();
    };

    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      read();
    });
    socket.once('end', () => {
      end ??= 'ended';
      read();
    });
    socket.once('error', () => {
      end = 'reset';
    });
    const giveUp = () => {
      if (first.kind !== 'incomplete') return;
      end ??= 'left';
      socket.destroy();
    };
    if (givesUp) void sent.then(() => setTimeout(giveUp, shortPatience));
    const timer = setTimeout(() => {
      end = 'waiting';
      socket.destroy();
    }, longPatience);
    socket.once('close', () => {
      clearTimeout(timer);
      resolve({ exchange: { received, end: end ?? 'left' }, first, second });
    });
    socket.write(`${method} http://open.test/ HTTP/${version}\r\nHost: x\r\n${method === 'POST' ? 'Content-Length: 0\r\n' : ''}\r\n`);
  });
}
