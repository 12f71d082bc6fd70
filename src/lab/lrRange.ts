import type { Dataset } from "../data/dataset.ts";
import type { Gpu } from "../gpu/device.ts";
import { findOptimizer } from "../optim/registry.ts";
import { parseRecipe, type Recipe, RecipeError } from "../train/recipe.ts";
import type { TilingSetting } from "../train/selectTiling.ts";
import { train } from "../train/train.ts";
import { type RangePoint, type RangeReading, readRange, smoother } from "./lrRangeCurve.ts";
import { withoutTest } from "./withoutTest.ts";

/** The ramp of a range test. */
export interface RangeSettings {
  /** Rates of the first and the last step. */
  readonly from: number;
  readonly to: number;
  /** At least MIN_STEPS. */
  readonly steps: number;
}

/** What a range test found. */
export interface LrRange extends RangeSettings, RangeReading {
  /** The steps until the loss exploded, or all of them. */
  readonly points: readonly RangePoint[];
  readonly exploded: boolean;
  /** The rate to take: the steepest one; absent where the loss never fell. */
  readonly suggestion?: number;
}

/** Fewer steps give no curve. */
export const MIN_STEPS = 20;

/** The smoothed loss has exploded where it is above this multiple of the lowest so far. */
const EXPLODED = 4;

/**
 * The recipe of a range test: the learning rate climbs by the same factor in each step, in place of the recipe's schedule.
 * @throws RecipeError where the optimizer has no rate to set, or the ramp is none
 */
export function rangeRecipe(recipe: Recipe, { from, to, steps }: RangeSettings): Recipe {
  const { name, lr } = recipe.optimizer;
  if (typeof lr !== "number" || findOptimizer(name)?.findsOwnRate) {
    const why = lr === undefined ? "has no learning rate" : "finds its learning rate itself, and lr is best left at 1";
    throw new RecipeError(`optimizer: ${name} ${why}, so there is no range to test; take another one`);
  }
  if (recipe.vary) {
    throw new RecipeError("vary: a range test varies the learning rate alone; leave it out, or give --population N");
  }
  if (!(from > 0 && to > from)) {
    throw new RecipeError(
      `--from ${from}, --to ${to}: the rate must climb; give a --to above --from, and both above 0`,
    );
  }
  if (steps < MIN_STEPS) throw new RecipeError(`--steps ${steps}: a range test needs at least ${MIN_STEPS} steps`);
  // Stopping and its validation samples listen to epochs, of which there may be none.
  const { early_stopping: _, schedule: __, ...rest } = recipe;
  const schedule = { name: "exponential", gamma: (to / from) ** (1 / (steps - 1)), end_value: to };
  try {
    return parseRecipe({ ...rest, steps, optimizer: { ...recipe.optimizer, lr: from }, schedule });
  } catch (cause) {
    const why = (cause as Error).message.replace(/^schedule: /, "").replace(/: leave it out$/, "");
    throw new RecipeError(`optimizer: its rate cannot climb: ${why}; take another one`, { cause });
  }
}

/** Options of a range test. */
export interface RangeOptions {
  readonly tiling?: TilingSetting;
  /** Called after each step. */
  readonly onPoint?: (point: RangePoint, step: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * The learning rate range test of Smith, "Cyclical Learning Rates for Training Neural Networks", 2017: trains while the rate
 * climbs exponentially, and ends once the loss has exploded. A population of seeds gives the mean loss and a band. It trains
 * on the training set alone.
 * @throws RecipeError as `rangeRecipe`, and as `train`
 */
export async function lrRange(
  gpu: Gpu,
  dataset: Dataset,
  recipe: Recipe,
  settings: RangeSettings,
  { tiling, onPoint, signal }: RangeOptions = {},
): Promise<LrRange> {
  const ramp = rangeRecipe(recipe, settings);
  const smooth = smoother(settings);
  const points: RangePoint[] = [];
  let losses: number[] = [];
  let lowest = Number.POSITIVE_INFINITY;
  let exploded = false;
  const options = {
    adapter: gpu,
    dataset: withoutTest(dataset),
    logEvery: 1,
    ensemble: false,
    ...(tiling !== undefined && { tiling }),
    ...(signal && { signal }),
  };
  for await (const event of train(ramp, options)) {
    if (event.event !== "step") continue;
    losses.push(event.loss);
    if (losses.length < ramp.population) continue;
    const point = smooth(event.lr, losses);
    losses = [];
    exploded = !(point.smoothed <= EXPLODED * lowest) && points.length > 0;
    if (exploded) break;
    lowest = Math.min(lowest, point.smoothed);
    points.push(point);
    onPoint?.(point, points.length);
  }
  const reading = readRange(points, settings);
  const suggestion = reading.steepest;
  return { ...settings, points, exploded, ...reading, ...(suggestion !== undefined && { suggestion }) };
}
