/** Between two beats, in milliseconds. */
const interval = 1_000;

/** Seconds without a beat after which a thread does not seem to live. Longer than any work on one request takes. */
const patience = 5;

/** Memory for the beats of so many threads. */
export function allocateBeats(threads: number): SharedArrayBuffer {
  return new SharedArrayBuffer(threads * Int32Array.BYTES_PER_ELEMENT);
}

/** Shows every second that this thread turns its event loop. @returns ends it */
export function startBeating(beats: SharedArrayBuffer, index: number): () => void {
  const cells = new Int32Array(beats);
  const beat = () => Atomics.store(cells, index, now());
  beat();
  const timer = setInterval(beat, interval);
  return () => clearInterval(timer);
}

/** A sentence for each thread that has begun to beat and does no more. */
export function missedBeats(beats: SharedArrayBuffer): string[] {
  return [...new Int32Array(beats)].flatMap((last, index) => {
    const silent = now() - last;
    return last !== 0 && silent > patience ? [`worker ${index + 1} of the HTTP proxy has not turned its event loop for ${silent} s`] : [];
  });
}

/** Seconds on a clock that all threads have and that never goes back; never zero. */
function now(): number {
  return process.hrtime()[0] + 1;
}
