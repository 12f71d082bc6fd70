/**
 * Sizes submits by the clock: long enough to keep the device busy between two of them, short enough that a watchdog
 * stays quiet and an interrupt is heard. How work is cut into submits never changes its results.
 */
export interface Pacer {
  /** Chunks for the next submit. */
  readonly chunks: number;
  /** Tells it how long a submit of so many chunks took. */
  record(chunks: number, milliseconds: number): void;
}

/** In flight at once: one runs while the next waits, so that the device never does. */
export const MAX_IN_FLIGHT = 2;
const TARGET_MILLISECONDS = 100;

/** @param limit most chunks in one submit */
export function createPacer(limit: number): Pacer {
  // The first submit is one chunk: its loss shows at once, and nothing is known yet of the device's speed.
  let chunks = 1;
  return {
    get chunks() {
      return chunks;
    },
    record(done, milliseconds) {
      const fitting = (done * TARGET_MILLISECONDS) / Math.max(milliseconds, 0.01);
      // At most double, as the first measurements are dominated by latency.
      chunks = Math.max(1, Math.min(limit, Math.round(Math.min(fitting, 2 * Math.max(done, chunks)))));
    },
  };
}

/**
 * Works through `count` samples in chunks of `rows`, as many a submit as the pacer says. Ends early where it is aborted.
 * @param work submits samples `start` to `end` (exclusive) and waits for the device
 */
export async function paced(
  pacer: Pacer,
  count: number,
  rows: number,
  signal: AbortSignal | undefined,
  work: (start: number, end: number) => Promise<unknown>,
): Promise<void> {
  for (let start = 0; start < count && !signal?.aborted; ) {
    const end = Math.min(count, start + pacer.chunks * rows);
    const begun = performance.now();
    await work(start, end);
    pacer.record(Math.ceil((end - start) / rows), performance.now() - begun);
    start = end;
  }
}
