import type { DataShape } from "./dataShape.ts";
import { type Recipe, RecipeError } from "./recipe.ts";

/** How a run is cut: into steps, passes through the network, and submits. */
export interface PlanSizes {
  /** Samples a step, in one batch or in several that accumulate; the last step of an epoch may have fewer. */
  readonly batch: number;
  readonly stepsPerEpoch: number;
  /** Planned length of the run. */
  readonly steps: number;
  /** Most samples that one pass through the network takes; a larger batch is worked through in chunks. */
  readonly chunkRows: number;
  /** The same for evaluation. */
  readonly evaluateRows: number;
  /** Most chunks in one submit, and most samples in all of them. */
  readonly submitChunks: number;
  readonly submitSamples: number;
}

/** Rows that fit the workgroup tiles well and keep activations small; it depends on nothing, so that results do not. */
export const MAX_CHUNK_ROWS = 1000;
/** Rows of an evaluation where a chunk of training has too few; else both have the same, and so the same kernels. */
const EVALUATE_ROWS = 200;
const MIN_EVALUATE_ROWS = 50;
const MAX_SUBMIT_CHUNKS = 1024;
/** Sample indices of one submit, over all members: 16 MiB of them. */
const MAX_ORDER_ENTRIES = 2 ** 22;
/**
 * The sizes of a run.
 * @param P members of the population: what a member computes does not depend on it, only how much one submit takes
 * @throws RecipeError where a batch is larger than the data
 */
export function planSizes(recipe: Recipe, data: DataShape, P: number): PlanSizes {
  const { accumulate = 1 } = recipe;
  const rows = recipe.batch_size === "full" ? data.trainCount : recipe.batch_size;
  const batch = rows * accumulate;
  if (batch > data.trainCount) {
    if (accumulate > 1) {
      throw new RecipeError(
        `accumulate: ${accumulate} batches of ${rows} are ${batch} samples, more than the ${data.trainCount} training ` +
          "samples; use fewer, or a smaller batch_size",
      );
    }
    throw new RecipeError(
      `batch_size: ${batch} is more than the ${data.trainCount} training samples; use at most that, or "full"`,
    );
  }
  const stepsPerEpoch = Math.ceil(data.trainCount / batch);
  // Batches that accumulate are chunks of their own.
  const chunkRows = Math.ceil(rows / Math.ceil(rows / MAX_CHUNK_ROWS));
  const submitSamples = Math.max(chunkRows, Math.min(data.trainCount, Math.floor(MAX_ORDER_ENTRIES / P)));
  return {
    batch,
    stepsPerEpoch,
    steps: recipe.steps ?? recipe.epochs * stepsPerEpoch,
    chunkRows,
    evaluateRows: Math.min(chunkRows < MIN_EVALUATE_ROWS ? EVALUATE_ROWS : chunkRows, data.testCount),
    submitSamples,
    submitChunks: Math.max(1, Math.min(MAX_SUBMIT_CHUNKS, Math.floor(submitSamples / chunkRows))),
  };
}
