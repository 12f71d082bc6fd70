/** Time that an aborted run leaves the device for what it has begun. */
export interface Grace {
  /** True from the end of that time on. */
  readonly isOver: boolean;
  /** What the work results in, or undefined where the device is still at it when the time is over. One call at a time. */
  wait<T>(work: Promise<T>): Promise<T | undefined>;
  /** Stops listening to the signal. */
  dispose(): void;
}

/** @param milliseconds from the signal's abort to the end of patience */
export function createGrace(signal: AbortSignal | undefined, milliseconds: number): Grace {
  let isOver = false;
  // Not Promise.race: a promise that outlives many others would keep them all.
  let giveUp = () => {};
  let timer: ReturnType<typeof setTimeout> | undefined;
  const onAbort = () => {
    timer = setTimeout(() => {
      isOver = true;
      giveUp();
    }, milliseconds);
  };
  if (signal?.aborted) onAbort();
  else signal?.addEventListener("abort", onAbort, { once: true });
  return {
    get isOver() {
      return isOver;
    },
    wait(work) {
      return new Promise((resolve, reject) => {
        giveUp = () => resolve(undefined);
        if (isOver) giveUp();
        work.then(resolve, reject);
      });
    },
    dispose() {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    },
  };
}
