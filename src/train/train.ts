import { files } from "#platform";
import { type Dataset, loadDataset } from "../data/dataset.ts";
import { type Gpu, openGpu } from "../gpu/device.ts";
import { chooseTiling } from "../gpu/tiling.ts";
import type { RunEvent } from "../io/runLog.ts";
import { type DataShape, makePlan, type Plan } from "./plan.ts";
import { parseRecipe, type RecipeInput } from "./recipe.ts";
import { openSession } from "./session.ts";
import { type RunOptions, runTraining } from "./trainer.ts";

/** Options of `train`, beside those of a run. */
export interface TrainOptions extends RunOptions {
  /** Which adapter: `auto` (the default), `hardware`, `software`, a part of its name, or a device that is open already. */
  readonly adapter?: string | Gpu;
  /** The data, where it is loaded already; else it comes from the recipe's `data`. */
  readonly dataset?: Dataset;
}

/**
 * Trains a recipe and yields the run's events: `start`, `step` (every 50th unless `logEvery` says otherwise), `eval` after
 * each epoch, and `done` with the results.
 * @param recipe any fields of a recipe; what is left out takes its default, `{}` being the main job
 * @throws RecipeError, AdapterError, GpuError, or Error for data that cannot be read; the signal's reason where aborted
 */
export async function* train(
  recipe: RecipeInput = {},
  options: TrainOptions = {},
): AsyncGenerator<RunEvent, void, undefined> {
  const parsed = parseRecipe(recipe);
  const { adapter } = options;
  const isOpen = typeof adapter === "object";
  const [dataset, gpu] = await Promise.all([
    options.dataset ?? loadDataset(parsed.data, files),
    isOpen ? adapter : openGpu(adapter),
  ]);
  try {
    const plan = makePlan(parsed, shapeOf(dataset), chooseTiling(gpu));
    const session = await openSession(gpu, plan);
    try {
      yield* runTraining(gpu, session, dataset, options);
    } finally {
      session.destroy();
    }
  } finally {
    if (!isOpen) gpu.destroy();
  }
}

/** The shapes of a data set, for a plan. */
export function shapeOf({ train, test }: Dataset): DataShape {
  return {
    trainCount: train.count,
    testCount: test.count,
    inputs: train.width * train.height,
    rowBytes: train.rowBytes,
    classes: train.classes,
  };
}

export type { Plan };
