/** One run of a peer. */
export interface Result {
  /** Seconds of all steps; preparation, compilation and warm-up are not in it. */
  readonly seconds: number;
  /** Mean training loss of the last epoch's steps, each before its update. */
  readonly loss: number;
}

/** A library that trains the job, always from the same start, on the same batches in the same order. */
export interface Peer {
  readonly name: string;
  /** Steps of a run; fewer than the job's where those would take too long. */
  readonly steps: number;
  /** Everybody's times are divided by this peer's, in a column with this title. */
  readonly baseline?: string;
  /** Everything that is not timed: loading, copying data, warming up. Returns what it runs on, in words. */
  prepare(): Promise<string>;
  /** Trains all steps from the start. */
  epoch(): Promise<Result>;
  /** Ends the processes that it started. */
  close?(): Promise<void>;
}

/** Steps before the first timed one: kernels compile, caches and buffers fill. */
export const WARM_UP_STEPS = 10;

/** Mean of the losses of the last epoch, which may be cut short. */
export function lastEpochMean(losses: readonly number[], stepsPerEpoch: number): number {
  const last = losses.slice(Math.floor((losses.length - 1) / stepsPerEpoch) * stepsPerEpoch);
  return last.reduce((sum, loss) => sum + loss, 0) / last.length;
}

/**
 * How far two peers' mean losses over as many steps may be apart. Sums in another order differ in the last digits, and
 * training makes such a difference grow: float32 runs of this job stay within 1e-4 (1 + loss) for 100 steps.
 */
export function lossTolerance(loss: number, steps: number): number {
  return 1e-4 * (1 + loss) * Math.sqrt(Math.max(1, steps / 100));
}
