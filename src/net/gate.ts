import type { Socket } from 'node:net';
import { GatheredBytes } from './gathered-bytes.ts';

/**
 * `hold`: these bytes wait, with those before them that wait. `pass`: what waits goes on, and these too, unchanged. `open`: likewise, and nothing is
 * judged any more. `close`: both sides are closed, the client after these last bytes.
 */
export type GateVerdict = 'hold' | 'pass' | 'open' | { readonly close: Buffer };

/** Judges what a client sends before it goes on. What the upstream sends flows meanwhile. */
export interface Gate {
  /** Judges what has just come; never nothing. Must not say `hold` for ever: all of it is kept in memory. */
  judge(bytes: Buffer): GateVerdict;
  /** The final verdict on what waits: it will not become more. */
  conclude(): Exclude<GateVerdict, 'hold'>;
  /** Sees what the upstream sends. Returns whether the gate is open now. */
  watch(bytes: Buffer): boolean;
  /** What waits is concluded on after so many milliseconds, and at once when the client has finished sending. */
  readonly holdTimeout: number;
}

/** Where bytes go from a gate. */
export interface GateExits {
  readonly pass: (bytes: Buffer) => void;
  /** The connection is to end, with these last bytes to the client. Nothing passes afterwards. */
  readonly close: (farewell: Buffer) => void;
}

/** What a gate that stands in front of a client has to be told. */
export interface GateKeeper {
  onClientBytes(bytes: Buffer): void;
  onUpstreamBytes(bytes: Buffer): void;
}

/** Room for what waits at first, in bytes: a ClientHello is rarely longer. */
const usualHold = 4_096;

/** Keeps a gate in front of what a client sends. It listens for the client's end and close by itself. */
export function keepGate(client: Socket, gate: Gate, { pass, close }: GateExits): GateKeeper {
  let kept: Gate | undefined = gate;
  let isClosed = false;
  let held: GatheredBytes | undefined;
  let timer: NodeJS.Timeout | undefined;
  const settle = (verdict: Exclude<GateVerdict, 'hold'>, bytes: Buffer | undefined) => {
    clearTimeout(timer);
    timer = undefined;
    held = undefined;
    if (verdict !== 'pass') kept = undefined;
    if (typeof verdict === 'object') {
      isClosed = true;
      close(verdict.close);
    } else if (bytes !== undefined) pass(bytes);
  };
  const conclude = () => {
    if (kept !== undefined && held !== undefined) settle(kept.conclude(), held.bytes);
  };
  client.on('end', conclude);
  client.on('close', () => clearTimeout(timer));
  return {
    onClientBytes(bytes) {
      if (isClosed) return;
      if (kept === undefined) {
        pass(bytes);
        return;
      }
      const verdict = kept.judge(bytes);
      if (verdict !== 'hold') {
        held?.add(bytes);
        settle(verdict, held?.bytes ?? bytes);
        return;
      }
      held ??= new GatheredBytes(Math.max(usualHold, bytes.length));
      held.add(bytes);
      timer ??= setTimeout(conclude, kept.holdTimeout);
    },
    onUpstreamBytes(bytes) {
      if (kept?.watch(bytes)) settle('open', held?.bytes);
    },
  };
}
