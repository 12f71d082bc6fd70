import { files } from "#platform";
import type { Dataset } from "../data/dataset.ts";
import { type Gpu, openGpu } from "../gpu/device.ts";
import type { RunEvent } from "../io/runLog.ts";
import { kernelsOfCheckpoint } from "./checkpointPosition.ts";
import { loadData } from "./data.ts";
import type { DataShape } from "./dataShape.ts";
import { makePlan, type Plan } from "./plan.ts";
import { parseRecipe, type RecipeInput } from "./recipe.ts";
import type { RunOptions } from "./runOptions.ts";
import { selectTiling, type TilingSetting } from "./selectTiling.ts";
import { openSession } from "./session.ts";
import { runTraining } from "./trainer.ts";

/** Options of `train`, beside those of a run. */
export interface TrainOptions extends RunOptions {
  /** Which adapter: `auto` (the default), `hardware`, `software`, a part of its name, or a device that is open already. */
  readonly adapter?: string | Gpu;
  /** The data, where it is loaded already; else it comes from the recipe's `data`. */
  readonly dataset?: Dataset;
  /**
   * The matrix kernels: `auto` (timed once on a GPU, then kept in a cache), `tune` (timed now), `deterministic` (the adapter's
   * default), the name of a family, or a choice. A resumed run has those of its checkpoint unless it is given.
   */
  readonly tiling?: TilingSetting;
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
    options.dataset ?? loadData(parsed, files),
    isOpen ? adapter : openGpu(adapter),
  ]);
  try {
    const { resumeFrom } = options;
    const kept = resumeFrom && kernelsOfCheckpoint(resumeFrom.contents, resumeFrom.file);
    const tiling = await selectTiling(gpu, parsed, shapeOf(dataset), options.tiling ?? kept);
    const plan = makePlan(parsed, shapeOf(dataset), tiling);
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
export function shapeOf({ train, test, table }: Dataset): DataShape {
  const { width, height, rowBytes, classes, format, values } = train;
  return {
    trainCount: train.count,
    testCount: test.count,
    inputs: width * height,
    ...(format === undefined && { width }),
    rowBytes,
    classes: values ?? classes,
    ...(values !== undefined && { targets: "values" }),
    ...(format && { features: format }),
    ...(table && { table }),
  };
}

export type { Plan };
