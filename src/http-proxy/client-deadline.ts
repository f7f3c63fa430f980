import type { Socket } from 'node:net';
import type { Settings } from '../config/settings.ts';

/** Longer than a destination may be silent, so that the client of a silent one gets an answer. In milliseconds. */
const grace = 5_000;

/** Who is told when a client has let its time pass. */
export interface DeadlineEvents {
  readonly onSlowHead: () => void;
  readonly onRested: () => void;
}

/** How long a client is waited for: one deadline at a time, in place of the one before. */
export class ClientDeadline {
  readonly #socket: Socket;
  readonly #settings: Settings;
  readonly #events: DeadlineEvents;
  #timer: NodeJS.Timeout | undefined;
  #awaitsHead = false;

  constructor(socket: Socket, settings: Settings, events: DeadlineEvents) {
    this.#socket = socket;
    this.#settings = settings;
    this.#events = events;
  }

  /** For a whole head. What comes of it gives no more time. */
  startHead(): void {
    if (this.#awaitsHead) return;
    this.#start(this.#settings.httpHeaderTimeout, this.#events.onSlowHead);
    this.#awaitsHead = true;
  }

  /** For the next head to begin. What is none gives no more time. */
  startRest(): void {
    this.#socket.setTimeout(0);
    this.#start(this.#settings.httpKeepAliveTimeout, this.#events.onRested);
  }

  /** For anything to move of a request or its answer, which begins the time anew. It is missed by the socket's `timeout`. */
  startExchange(): void {
    this.stop();
    this.#socket.setTimeout(this.#settings.idleTimeout + grace);
  }

  /** Neither a head nor a rest has an end any more. */
  stop(): void {
    clearTimeout(this.#timer);
    // Tunnels are many, and it would stay in memory as long as they.
    this.#timer = undefined;
    this.#awaitsHead = false;
  }

  #start(time: number, onMissed: () => void): void {
    this.stop();
    this.#timer = setTimeout(onMissed, time);
  }
}
