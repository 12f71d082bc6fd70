import { z } from "zod";
import { packageVersion, type TextCache } from "#platform";
import type { Gpu } from "../gpu/device.ts";
import { plainTiling, type Tiling } from "../gpu/tiling.ts";
import { classOf, type Product, type TilingChoice } from "../gpu/tilingChoice.ts";
import type { Families } from "../gpu/tilingFamilies.ts";
import type { DataShape } from "./dataShape.ts";
import { makePlan } from "./plan.ts";
import type { Recipe } from "./recipe.ts";

/** What is timed: a matrix product, or the gather that a first layer needs which reads floats. */
export type Work = Product | { readonly op: "gather"; readonly k: number; readonly rows: number };

/** Microseconds by class of work and family of kernels; null: the device refuses the kernel, or it computes something else. */
export type Times = Readonly<Record<string, Readonly<Record<string, number | null>>>>;

/** Of another family than the default, a kernel must take less than this share of its time: timings scatter. */
const CLEARLY_FASTER = 0.95;

/** The class of work: what its time is kept under. */
export function workClass(work: Work): string {
  return work.op === "gather" ? `gather ${work.k} rows ${work.rows}` : classOf(work);
}

/** The families that can do a kind of work. There is one gather kernel, whatever reads its result. */
export function familiesFor(work: Work, families: readonly Tiling[]): readonly Tiling[] {
  return work.op === "gather" ? [plainTiling] : families;
}

/**
 * The work of a recipe's training and evaluation, each class once. It depends on the recipe's structure and on the data's
 * shapes; a population has the same as its members.
 * @param tiling what decides which products there are: how the first layer is fed, and whether there is a tail
 */
export function workOf(recipe: Recipe, data: DataShape, tiling: Tiling): readonly Work[] {
  const found = new Map<string, Work>();
  const add = (work: Work) => found.set(workClass(work), work);
  const recorder = (op: Product["op"]): Tiling["forward"] => {
    return (size) => {
      add({ op, ...size });
      return tiling[op](size);
    };
  };
  const { vary: _, ...single } = recipe;
  const { chunkRows, evaluateRows } = makePlan({ ...single, population: 1 }, data, {
    ...tiling,
    forward: recorder("forward"),
    backwardInput: recorder("backwardInput"),
    backwardWeights: recorder("backwardWeights"),
  });
  if (!tiling.fusesGather) for (const rows of [chunkRows, evaluateRows]) add({ op: "gather", k: data.inputs, rows });
  return [...found.values()];
}

/** The ways in which families feed the first layer, the default family's first. */
export function gatherWays(families: readonly Tiling[]): readonly boolean[] {
  return [...new Set(families.map(({ fusesGather }) => fusesGather))];
}

/**
 * The choice that times lead to: for each product the fastest family, and the faster way to feed the first layer. Another
 * than the default only where it is clearly faster, so that the choice stays the same from one tuning to the next; the
 * default too where nothing is known.
 * @param families the default first
 * @param work by way to feed the first layer, as `gatherWays` orders them
 */
export function chooseFrom(times: Times, families: Families, work: readonly (readonly Work[])[]): TilingChoice {
  const [base] = families;
  const fastest = (one: Work) => {
    const known = times[workClass(one)] ?? {};
    const timeOf = ({ name }: Tiling) => known[name] ?? Number.POSITIVE_INFINITY;
    const [own, ...others] = familiesFor(one, families) as Families;
    // Of a product that was not timed, or not with the default, nothing is known to be faster.
    let best = { name: own.name, time: own.name in known ? timeOf(own) : 0 };
    for (const other of others.toSorted((a, b) => timeOf(a) - timeOf(b)).slice(0, 1)) {
      if (timeOf(other) < CLEARLY_FASTER * best.time) best = { name: other.name, time: timeOf(other) };
    }
    return best;
  };
  const isKnown = (one: Work) => workClass(one) in times;
  const totals = work.map((all) => all.reduce((sum, one) => sum + fastest(one).time, 0));
  const [first = 0, second = Number.POSITIVE_INFINITY] = totals;
  const way = work.flat().every(isKnown) && second < CLEARLY_FASTER * first ? 1 : 0;
  const kernels: Record<string, string> = {};
  for (const one of work[way] ?? []) {
    const { name } = fastest(one);
    if (one.op !== "gather" && name !== base.name) kernels[workClass(one)] = name;
  }
  return { version: 1, base: base.name, fuses_gather: gatherWays(families)[way] ?? base.fusesGather, kernels };
}

/** The file, or the entry of a page's storage, that times are kept in. */
const CACHE = "tuning.json";

const cacheSchema = z.object({
  /** Times of other versions' kernels say nothing of this one's. */
  downhill: z.string(),
  adapters: z.record(z.string(), z.record(z.string(), z.record(z.string(), z.number().positive().nullable()))),
});
type Contents = z.output<typeof cacheSchema>;

/** Times that were measured on one adapter with one driver and one set of families, kept for the next run. */
export interface TimesCache {
  read(): Promise<Times>;
  /**
   * Adds times and gives all there are. Where another run was first with a class of work, its times stay and count for this
   * run too, so that both take the same kernels.
   * @param replace whether these times take the place of older ones
   */
  add(times: Times, replace: boolean): Promise<Times>;
}

export function timesCache({ adapter }: Gpu, families: readonly Tiling[], cache: TextCache): TimesCache {
  const { name, driver, backend } = adapter;
  const key = [name, driver, backend, families.map((family) => family.name).join(" ")].join(" | ");
  return {
    async read() {
      return parse(await cache.read(CACHE)).adapters[key] ?? {};
    },
    async add(times, replace) {
      let merged: Times = times;
      await cache.update(CACHE, (text) => {
        const old = parse(text);
        const known = old.adapters[key] ?? {};
        merged = replace ? { ...known, ...times } : { ...times, ...known };
        return `${JSON.stringify({ ...old, adapters: { ...old.adapters, [key]: merged } }, null, 1)}\n`;
      });
      return merged;
    },
  };
}

/** What is damaged, or from another version, counts as nothing: it is measured again. */
function parse(text: string | undefined): Contents {
  const fresh = { downhill: packageVersion(), adapters: {} };
  try {
    const { success, data } = cacheSchema.safeParse(JSON.parse(text ?? "{}"));
    return success && data.downhill === fresh.downhill ? data : fresh;
  } catch {
    return fresh;
  }
}
