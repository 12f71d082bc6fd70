import { cache as platformCache, type TextCache } from "#platform";
import type { Gpu } from "../gpu/device.ts";
import type { Tiling } from "../gpu/tiling.ts";
import { composeTiling, missingFamilies, type TilingChoice } from "../gpu/tilingChoice.ts";
import { tilingCandidates, tilingFamilies } from "../gpu/tilingFamilies.ts";
import type { DataShape } from "./dataShape.ts";
import { suggest } from "./messages.ts";
import { type Recipe, RecipeError } from "./recipe.ts";
import { chooseFrom, gatherWays, type Times, timesCache, type Work, workClass, workOf } from "./tuning.ts";
import { timeWork } from "./workTimes.ts";

/**
 * Which matrix kernels a run takes:
 * - `auto`, the default: on a GPU the fastest, timed once for each class of product and kept in the cache; on a software
 *   adapter, where compiling the candidates takes seconds, the default family, unless it was tuned before;
 * - `tune`: the fastest on any adapter, timed now;
 * - `deterministic`: the adapter's default family, whatever was timed;
 * - a family's name: that one for all products;
 * - a choice as a checkpoint keeps it: the same kernels again.
 */
export type TilingSetting = string | TilingChoice;

/** What tuning found: times, and sentences on candidates that cannot be used. */
export interface Timed {
  readonly times: Times;
  readonly problems: readonly string[];
}

/** Where times come from, and where they are kept. */
export interface TuningParts {
  /** Times work on each of the families that can do it. */
  readonly time?: (gpu: Gpu, work: readonly Work[], families: readonly Tiling[]) => Promise<Timed>;
  readonly cache?: TextCache;
}

/**
 * The matrix kernels for a recipe on a device. They never depend on the population.
 * @throws RecipeError for the name of a family that this adapter has not; GpuError
 */
export async function selectTiling(
  gpu: Gpu,
  recipe: Recipe,
  data: DataShape,
  setting: TilingSetting = "auto",
  parts: TuningParts = {},
): Promise<Tiling> {
  const families = tilingFamilies(gpu);
  const [base] = families;
  if (typeof setting === "object") {
    const missing = missingFamilies(setting, families);
    if (missing.length === 0) return composeTiling(setting, families);
    const own = await selectTiling(gpu, recipe, data, "auto", parts);
    const note =
      `this adapter has no ${missing.join(", ")} kernels, which the run had: it goes on with ${own.name}, and its numbers ` +
      "agree with those of one adapter to rounding only";
    return { ...own, note: own.note === undefined ? note : `${note}; ${own.note}` };
  }
  if (setting === "deterministic") return base;
  if (setting === "auto" || setting === "tune") return autotune(gpu, recipe, data, setting === "tune", parts);
  const pinned = families.find(({ name }) => name === setting);
  if (pinned) return pinned;
  const names = families.map(({ name }) => name);
  throw new RecipeError(
    `tiling: no family of kernels is named "${setting}"${suggest(setting, names)}; this adapter has ${names.join(", ")}`,
  );
}

async function autotune(
  gpu: Gpu,
  recipe: Recipe,
  data: DataShape,
  isForced: boolean,
  { time = timeWork, cache = platformCache }: TuningParts,
): Promise<Tiling> {
  const families = tilingCandidates(gpu);
  const [base] = families;
  if (families.length === 1) return base;
  const kept = timesCache(gpu, families, cache);
  let times = isForced ? {} : await kept.read();
  const measures = isForced || gpu.adapter.kind === "hardware";
  if (!measures && Object.keys(times).length === 0) return base;
  const work = gatherWays(families).map((fusesGather) => workOf(recipe, data, { ...base, fusesGather }));
  const classes = new Map(work.flat().map((one) => [workClass(one), one]));
  const unknown = [...classes].flatMap(([name, one]) => (name in times ? [] : [one]));
  let problems: readonly string[] = [];
  if (measures && unknown.length > 0) {
    const timed = await time(gpu, unknown, families);
    problems = timed.problems;
    times = await kept.add(timed.times, isForced);
  }
  const tiling = composeTiling(chooseFrom(times, families, work), families);
  return problems.length === 0 ? tiling : { ...tiling, note: problems.join("; ") };
}
