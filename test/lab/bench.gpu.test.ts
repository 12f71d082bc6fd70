import { describe, expect, test } from "vitest";
import type { Gpu } from "../../src/gpu/device.ts";
import { chooseTiling } from "../../src/gpu/tiling.ts";
import { createTimer } from "../../src/gpu/timing.ts";
import { benchRecipe, bytesOf, MisfitError } from "../../src/lab/bench.ts";
import { type GrowthPoint, growthPoints, largestFitting, resize } from "../../src/lab/growth.ts";
import { makePlan } from "../../src/train/plan.ts";
import { parseRecipe, RecipeError, type RecipeInput } from "../../src/train/recipe.ts";
import { shapeOf } from "../../src/train/train.ts";
import { syntheticDataset } from "../support/dataset.ts";
import { useGpu } from "../support/gpu.ts";

const gpu = useGpu();
const dataset = syntheticDataset({ train: 130, test: 20, width: 8, height: 8 });
const BASE: RecipeInput = { hidden: [12, 8], batch_size: 50 };
const PEAK = { gflops: 10, gigabytesPerSecond: 1 };

const planOf = (opened: Gpu, recipe: RecipeInput) =>
  makePlan(parseRecipe(recipe), shapeOf(dataset), chooseTiling(opened));

async function bench(recipe: RecipeInput, memory?: number) {
  const opened = await gpu();
  const timer = createTimer(opened);
  const options = { timer, peak: PEAK, seconds: 0.05, ...(memory !== undefined && { memory }) };
  try {
    return await benchRecipe(opened, dataset, parseRecipe(recipe), options);
  } finally {
    timer.destroy();
  }
}

describe("a recipe", () => {
  test.each<[string, RecipeInput]>([
    ["alone", BASE],
    ["as a population", { ...BASE, population: 3 }],
    ["worked through in one piece", { ...BASE, batch_size: "full", hidden: [] }],
  ])("%s: quantities agree with each other and with its plan", async (_, recipe) => {
    const plan = planOf(await gpu(), recipe);
    const result = await bench(recipe);
    const { seconds_per_epoch, images_per_second, microseconds_per_step, kernels } = result;
    expect(seconds_per_epoch).toBeGreaterThan(0);
    expect(images_per_second * seconds_per_epoch).toBeCloseTo(130 * plan.members.length, 6);
    expect(microseconds_per_step / 1e6 / plan.batch).toBeCloseTo(seconds_per_epoch / 130, 9);
    expect(result.gflops).toBeCloseTo(result.gflop_per_epoch / seconds_per_epoch, 9);
    expect(result.share_of_peak).toBeCloseTo(result.gflops / PEAK.gflops, 9);
    expect(result).toMatchObject({ members: plan.members.length, batch: plan.batch, bytes: bytesOf(plan) });
    expect(result.dispatches_per_step).toBe(kernels.reduce((sum, { per_step }) => sum + per_step, 0));
    expect(kernels.map(({ label }) => label)).toEqual(
      [...plan.stages.chunk, ...plan.stages.update].map(({ label }) => label),
    );
    const [first] = plan.stages.chunk.filter(({ label }) => label === "fc1 forward");
    const { flops } = kernels.find(({ label }) => label === "fc1 forward") ?? {};
    expect(flops).toBe(plan.members.length * 2 * plan.chunkRows * 64 * (plan.model.layers[0]?.outputs ?? 0));
    expect(flops).toBe(plan.members.length * (first?.flops ?? 0));
    for (const { label, microseconds, flops, gflops, bytes, gigabytes_per_second } of kernels) {
      expect(microseconds, label).toBeGreaterThan(0);
      if (flops !== undefined) expect(gflops, label).toBeCloseTo(flops / microseconds / 1e3, 6);
      if (bytes !== undefined) expect(gigabytes_per_second, label).toBeCloseTo(bytes / microseconds / 1e3, 6);
      expect(flops !== undefined, label).toBe(label.startsWith("fc"));
      expect(bytes !== undefined, label).toBe(label.endsWith(" update") && !label.startsWith("fc"));
    }
    (await gpu()).check();
  });

  test("that takes more than the memory is refused, with what it takes", async () => {
    const plan = planOf(await gpu(), BASE);
    await expect(bench(BASE, bytesOf(plan) - 1)).rejects.toThrow(MisfitError);
    await expect(bench(BASE, bytesOf(plan) - 1)).rejects.toThrow(/^its buffers take [\d.]+ [KM]iB in all/);
    await expect(bench(BASE, bytesOf(plan))).resolves.toBeDefined();
  });

  test("that exceeds a limit of the adapter is refused before anything is allocated", async () => {
    await expect(bench({ ...BASE, hidden: [65536, 65536] })).rejects.toThrow(MisfitError);
    (await gpu()).check();
  });
});

describe("growth", () => {
  test("yields sizes that fit and ones that do not", async () => {
    const opened = await gpu();
    const timer = createTimer(opened);
    const options = { timer, peak: PEAK, seconds: 0.05 };
    const points: GrowthPoint[] = [];
    for await (const point of growthPoints(opened, dataset, parseRecipe(BASE), "batch", options, [1, 100, 1000])) {
      points.push(point);
    }
    timer.destroy();
    expect(points.map(({ size, result }) => [size, result?.batch])).toEqual([
      [1, 1],
      [100, 100],
      [1000, undefined],
    ]);
    expect(points[2]?.misfit).toContain("1000 is more than the 130 training samples");
  });

  test("the largest size fits, the next does not", async () => {
    const opened = await gpu();
    const recipe = parseRecipe(BASE);
    expect(largestFitting(opened, dataset, recipe, "batch")).toBe(130);
    for (const axis of ["width", "population"] as const) {
      const memory = bytesOf(planOf(opened, resize(recipe, axis, 77)));
      const largest = largestFitting(opened, dataset, recipe, axis, memory);
      expect(bytesOf(planOf(opened, resize(recipe, axis, largest))), axis).toBeLessThanOrEqual(memory);
      expect(bytesOf(planOf(opened, resize(recipe, axis, largest + 1))), axis).toBeGreaterThan(memory);
      expect(largest, axis).toBeGreaterThanOrEqual(77);
    }
    expect(largestFitting(opened, dataset, recipe, "width", 1)).toBe(0);
  });

  test("a population that is varied cannot grow", () => {
    const varied = parseRecipe({ ...BASE, vary: { key: "lr", values: [0.1, 0.2] } });
    expect(() => resize(varied, "population", 4)).toThrow(RecipeError);
    expect(resize(varied, "width", 16).hidden).toEqual([16, 16]);
  });
});
