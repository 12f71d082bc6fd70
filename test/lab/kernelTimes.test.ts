import { describe, expect, test } from "vitest";
import { subgroupTiling } from "../../src/gpu/subgroupTiling.ts";
import { plainTiling, type Tiling } from "../../src/gpu/tiling.ts";
import { chunksPerStep, flopsPerSample } from "../../src/lab/kernelTimes.ts";
import { makePlan } from "../../src/train/plan.ts";
import { parseRecipe, type RecipeInput } from "../../src/train/recipe.ts";

const MNIST = { trainCount: 60000, testCount: 10000, inputs: 784, rowBytes: 784, classes: 10 };
const planOf = (recipe: RecipeInput = {}, tiling: Tiling = plainTiling) => makePlan(parseRecipe(recipe), MNIST, tiling);

describe.each([
  ["plain", plainTiling],
  ["subgroup", subgroupTiling(4)],
])("operations counted by hand, %s kernels", (_, tiling) => {
  test("784-128-64-10: 27.264 GFLOP an epoch, without the gradient of the data", () => {
    // Multiply-adds of a sample: fc1 in two products, fc2 and fc3 in three each.
    const multiplyAdds = 2 * 784 * 128 + 3 * 128 * 64 + 3 * 64 * 10;
    expect(multiplyAdds).toBe(227_200);
    expect(flopsPerSample(planOf({}, tiling))).toBe(2 * 227_200);
    expect(flopsPerSample(planOf({}, tiling)) * MNIST.trainCount).toBe(27_264_000_000);
  });

  test("do not depend on the batch, chunks or not, and grow with the population", () => {
    for (const batch_size of [1, 7, 1000, "full"] as const) {
      expect(flopsPerSample(planOf({ batch_size }, tiling)), `${batch_size}`).toBe(454_400);
    }
    expect(flopsPerSample(planOf({ population: 5 }, tiling))).toBe(5 * 454_400);
  });

  test("stand in the dispatches, for one member", () => {
    const { stages } = planOf({ population: 5 }, tiling);
    const flops = Object.fromEntries(stages.chunk.map(({ label, flops }) => [label, flops]));
    expect(flops).toMatchObject({ "fc1 forward": 20_070_400, "fc2 backward input": 1_638_400 });
    expect(flops["softmax cross-entropy"]).toBeUndefined();
  });

  test("an update moves gradients once, parameters and state twice", () => {
    const bytes = (name: string) =>
      planOf({ optimizer: { name } }, { ...tiling, fusesUpdate: false }).stages.update[0]?.bytes;
    const { stride } = planOf().model.arena;
    expect(bytes("sgd")).toBe(12 * stride);
    expect(bytes("momentum")).toBe(20 * stride);
    expect(bytes("adam")).toBe(28 * stride);
  });
});

test("chunks a step", () => {
  expect(chunksPerStep(planOf())).toBe(1);
  expect(chunksPerStep(planOf({ batch_size: 2500 }))).toBe(3);
  expect(chunksPerStep(planOf({ batch_size: "full" }))).toBe(60);
});
