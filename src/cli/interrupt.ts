/** Ctrl-C (SIGINT) and SIGTERM: the first asks the run to end with its checkpoint written, a second one ends it at once. */
export interface Interrupt {
  readonly signal: AbortSignal;
  /** 128 and the signal's number, as shells have it. */
  readonly exitCode: number;
  dispose(): void;
}

const NUMBERS = { SIGINT: 2, SIGTERM: 15 } as const;

/**
 * npm passes on a Ctrl-C that the terminal has sent to us already: the same one comes twice within a few milliseconds.
 * A person's second one takes longer.
 */
const SAME_PRESS_MS = 250;

export function onInterrupt(): Interrupt {
  const controller = new AbortController();
  let first = 0;
  let exitCode = 0;
  const handle = (name: keyof typeof NUMBERS) => {
    if (controller.signal.aborted) {
      if (performance.now() - first > SAME_PRESS_MS) process.exit(exitCode);
      return;
    }
    first = performance.now();
    exitCode = 128 + NUMBERS[name];
    process.stderr.write("\nstopping: writing the checkpoint (again to stop at once)\n");
    controller.abort(new Error("interrupted"));
  };
  const names = Object.keys(NUMBERS) as (keyof typeof NUMBERS)[];
  for (const name of names) process.on(name, handle);
  return {
    signal: controller.signal,
    get exitCode() {
      return exitCode;
    },
    dispose() {
      for (const name of names) process.off(name, handle);
    },
  };
}
