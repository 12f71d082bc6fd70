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
  /** Which of the step's gradients it goes to, from 0; 0 is the one whose metrics count. */
  readonly gradient: number;
  /** Whether it is that gradient's first. */
  readonly isFirst: boolean;
  /** Whether it is that gradient's last, and the step's. */
  readonly endsGradient: boolean;
  readonly isLast: boolean;
}

/** The chunks of steps `from` to `to` (exclusive), in order. A last, smaller batch ends each epoch. */
export function* chunksOf(plan: Plan, from: number, to: number): Generator<Chunk> {
  const { stepsPerEpoch, chunkRows, data, gradients } = plan;
  for (let step = from; step < to; step++) {
    const epoch = Math.floor(step / stepsPerEpoch);
    const start = (step % stepsPerEpoch) * plan.batch;
    const batch = Math.min(plan.batch, data.trainCount - start);
    for (let gradient = 0; gradient < gradients; gradient++) {
      for (let done = 0; done < batch; done += chunkRows) {
        const rows = Math.min(chunkRows, batch - done);
        const [isFirst, endsGradient] = [done === 0, done + rows === batch];
        const isLast = endsGradient && gradient === gradients - 1;
        yield { step, epoch, position: start + done, rows, batch, gradient, isFirst, endsGradient, isLast };
      }
    }
  }
}

/** The samples that a submit's chunks take: from which position of the epoch on, and how many. Chunks go over them in order. */
export function spanOf(chunks: readonly Chunk[]): { readonly start: number; readonly samples: number } {
  const start = chunks[0]?.position ?? 0;
  return { start, samples: Math.max(...chunks.map(({ position, rows }) => position + rows)) - start };
}

/** Whether a chunk can be in one submit with those from `first` on: it cannot where a gradient begins anew before it. */
export const follows = (chunk: Chunk, first: Chunk): boolean => chunk.position >= first.position;

/** Samples that steps 0 to `steps` (exclusive) take: what an order file must hold. */
export function samplesOf(plan: Plan, steps: number): number {
  const epochs = Math.floor(steps / plan.stepsPerEpoch);
  return epochs * plan.data.trainCount + (steps % plan.stepsPerEpoch) * plan.batch;
}
