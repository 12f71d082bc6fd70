import type { Plan } from "./plan.ts";

/** A piece of a step: as many samples as one pass through the network takes. */
export interface Chunk {
  /** The step it belongs to, from 0. */
  readonly step: number;
  /** Epoch of that step, from 0, and this chunk's first position in it. */
  readonly epoch: number;
  readonly position: number;
  readonly rows: number;
  /** Samples of the whole step. */
  readonly batch: number;
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

/** The chunks of steps `from` to `to` (exclusive), in order. A last, smaller batch ends each epoch. */
export function* chunksOf(plan: Plan, from: number, to: number): Generator<Chunk> {
  const { stepsPerEpoch, chunkRows, data } = plan;
  for (let step = from; step < to; step++) {
    const epoch = Math.floor(step / stepsPerEpoch);
    const start = (step % stepsPerEpoch) * plan.batch;
    const batch = Math.min(plan.batch, data.trainCount - start);
    for (let done = 0; done < batch; done += chunkRows) {
      const rows = Math.min(chunkRows, batch - done);
      yield { step, epoch, position: start + done, rows, batch, isFirst: done === 0, isLast: done + rows === batch };
    }
  }
}

/** Samples that steps 0 to `steps` (exclusive) take: what an order file must hold. */
export function samplesOf(plan: Plan, steps: number): number {
  const epochs = Math.floor(steps / plan.stepsPerEpoch);
  return epochs * plan.data.trainCount + (steps % plan.stepsPerEpoch) * plan.batch;
}
