import { exitNow } from "./exit.ts";

/**
 * Ctrl-C (SIGINT), SIGTERM, and SIGPIPE, which stands for a reader of our output that has gone away: the first asks the run
 * to end with its checkpoint written, a second one ends it at once. While there is no run yet, the first one does.
 */
export interface Interrupt {
  /** Aborted by the first. */
  readonly signal: AbortSignal;
  /** Ends the process with 128 and the signal's number, as shells have it. */
  exit(): never;
  /** Says that there is a run now, which listens to the signal. */
  begin(): void;
  dispose(): void;
}

const NUMBERS = { SIGINT: 2, SIGPIPE: 13, SIGTERM: 15 } as const;

/**
 * npm passes on a Ctrl-C that the terminal has sent to us already: the same one comes twice within a few milliseconds.
 * A person's second one takes longer.
 */
const SAME_PRESS_MS = 250;

/** @param what the first does, as it is told */
export function onInterrupt(what = "writing the checkpoint"): Interrupt {
  const controller = new AbortController();
  let running = false;
  let isNextAnother = false;
  let first: keyof typeof NUMBERS = "SIGINT";
  const exit = () => exitNow(128 + NUMBERS[first], first);
  const handle = (name: keyof typeof NUMBERS) => {
    if (isNextAnother) exit();
    if (controller.signal.aborted) return;
    first = name;
    if (!running) {
      process.stderr.write(`${lineStart()}downhill: stopped before the run began\n`);
      exit();
    }
    // A signal that came while the thread was busy is handled between a timer and an "immediate": it counts as the same press.
    setTimeout(() => setImmediate(() => (isNextAnother = true)), SAME_PRESS_MS).unref();
    controller.abort(new Error("interrupted"));
    process.stderr.write(`${lineStart()}stopping: ${what} (again to stop at once)\n`);
  };
  const names = Object.keys(NUMBERS) as (keyof typeof NUMBERS)[];
  for (const name of names) process.on(name, handle);
  return {
    signal: controller.signal,
    exit,
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
