/** A batch waits no longer for more, in milliseconds. */
const maxWait = 1;

/** A poll that takes so long has slept, in milliseconds. */
const minSleep = 0.02;

const { nodeTiming } = performance;

let acts: (() => void)[] = [];
let begun = 0;
/** How many there were when the sockets were last polled. */
let seen = 0;
/** What the event loop had slept by the last look, in milliseconds. */
let slept = 0;

/**
 * Does something together with what others want done, in the order in which they say so: at the end of this turn of the event loop if it had to wait
 * for events, otherwise as soon as no socket has anything more to read, or after a millisecond.
 *
 * It is for what wakes another process up. Done one by one, each such call finds the other asleep again, and waking it costs more than all
 * else, above all on a virtual machine. Done together, the first call wakes it and the others find it awake.
 * @param act must not throw: what comes behind it would be lost
 */
export function inBatch(act: () => void): void {
  if (acts.push(act) > 1) return;
  begun = performance.now();
  seen = 0;
  setImmediate(look);
}

/** Comes after each poll. */
function look(): void {
  const { idleTime } = nodeTiming;
  const hasSlept = idleTime - slept >= minSleep;
  slept = idleTime;
  if (!hasSlept && acts.length > seen && performance.now() - begun < maxWait) {
    seen = acts.length;
    setImmediate(look);
    return;
  }
  const batch = acts;
  acts = [];
  for (const act of batch) act();
}
