/**
 * Ctrl-C (SIGINT) and SIGTERM: the first asks the run to end with its checkpoint written, a second one ends it at once. While
 * there is no run yet, the first one does.
 */
export interface Interrupt {
  /** Aborted by the first. */
  readonly signal: AbortSignal;
  /** 128 and the signal's number, as shells have it. */
  readonly exitCode: number;
  /** Says that there is a run now, which listens to the signal. */
  begin(): void;
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
  let running = false;
  let isNextAnother = false;
  let exitCode = 0;
  const handle = (name: keyof typeof NUMBERS) => {
    if (isNextAnother) process.exit(exitCode);
    if (controller.signal.aborted) return;
    exitCode = 128 + NUMBERS[name];
    if (!running) {
      process.stderr.write(`${lineStart()}downhill: stopped before the run began\n`);
      process.exit(exitCode);
    }
    // A signal that came while the thread was busy is handled between a timer and an "immediate": it counts as the same press.
    setTimeout(() => setImmediate(() => (isNextAnother = true)), SAME_PRESS_MS).unref();
    controller.abort(new Error("interrupted"));
    process.stderr.write(`${lineStart()}stopping: writing the checkpoint (again to stop at once)\n`);
  };
  const names = Object.keys(NUMBERS) as (keyof typeof NUMBERS)[];
  for (const name of names) process.on(name, handle);
  return {
    signal: controller.signal,
    get exitCode() {
      return exitCode;
    },
    begin() {
      running = true;
    },
    dispose() {
      for (const name of names) process.off(name, handle);
    },
  };
}

/** Overwrites the "^C" that a terminal echoes. */
const lineStart = () => (process.stderr.isTTY ? "\r\x1b[K" : "");
