import type { Dataset } from "../data/dataset.ts";
import type { Gpu } from "../gpu/device.ts";
import { type Recipe, RecipeError } from "../train/recipe.ts";
import { varyName } from "../train/vary.ts";
import { type BenchOptions, type BenchResult, benchRecipe, checkFitting, MisfitError, planFor } from "./bench.ts";

/** What is made larger while the rest of a recipe stays: samples a step, width of two equal hidden layers, members. */
export const axes = ["batch", "width", "population"] as const;
export type Axis = (typeof axes)[number];

/** The sizes that are measured. */
export const SIZES: Readonly<Record<Axis, readonly number[]>> = {
  batch: [1, 10, 100, 1000],
  width: [64, 128, 256, 512, 1024, 2048, 4096],
  population: [1, 4, 16, 64, 256],
};

/** A size and what it costs, or why the adapter or the data set cannot do it. */
export type GrowthPoint = { readonly size: number } & (
  | { readonly result: BenchResult; readonly misfit?: never }
  | { readonly misfit: string; readonly result?: never }
);

/** How cost grows along one axis. */
export interface Growth {
  readonly axis: Axis;
  /** The largest size that the adapter's limits, its memory where that is known, and the data set allow. */
  readonly largest: number;
  readonly points: readonly GrowthPoint[];
}

/** A recipe with another size. @throws RecipeError where it varies a setting, which fixes its members */
export function resize(recipe: Recipe, axis: Axis, size: number): Recipe {
  if (axis === "batch") return { ...recipe, batch_size: size };
  if (axis === "width") return { ...recipe, hidden: [size, size] };
  if (recipe.vary) {
    throw new RecipeError(
      `vary: it gives the population a member for each value of ${varyName(recipe.vary)}, so that its size cannot grow: leave it out`,
    );
  }
  return { ...recipe, population: size };
}

/** Measures a recipe at each size of an axis, and yields the points as they come. Sizes that do not fit are points too. */
export async function* growthPoints(
  gpu: Gpu,
  dataset: Dataset,
  recipe: Recipe,
  axis: Axis,
  options: BenchOptions,
  sizes: readonly number[] = SIZES[axis],
): AsyncGenerator<GrowthPoint, void, undefined> {
  for (const size of sizes) {
    const resized = resize(recipe, axis, size);
    try {
      yield { size, result: await benchRecipe(gpu, dataset, resized, options) };
    } catch (error) {
      if (!(error instanceof MisfitError || error instanceof RecipeError)) throw error;
      yield { size, misfit: error.message };
    }
  }
}

/**
 * The largest size along an axis whose plan fits: the data set's samples bound a batch, a recipe's own limits a width and a
 * population; 0 where not even 1 fits. Nothing is allocated.
 * @param memory bytes that all buffers together may take
 */
export function largestFitting(gpu: Gpu, dataset: Dataset, recipe: Recipe, axis: Axis, memory?: number): number {
  const fits = (size: number) => {
    try {
      checkFitting(gpu, planFor(gpu, dataset, resize(recipe, axis, size)), memory);
      return true;
    } catch (error) {
      if (error instanceof MisfitError || error instanceof RecipeError) return false;
      throw error;
    }
  };
  let [below, above] = [0, { batch: dataset.train.count, width: 65536, population: 65535 }[axis] + 1];
  while (above - below > 1) {
    const middle = Math.floor((below + above) / 2);
    if (fits(middle)) below = middle;
    else above = middle;
  }
  return below;
}
