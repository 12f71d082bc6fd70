import { expect, test } from "vitest";
import { createTimer } from "../../src/gpu/timing.ts";
import { updateCosts } from "../../src/lab/updateCost.ts";
import type { Optimizer } from "../../src/optim/optimizer.ts";
import { findOptimizer } from "../../src/optim/registry.ts";
import { useGpu } from "../support/gpu.ts";

const gpuOf = useGpu();

test("each optimizer and what goes around one is timed against a copy", async () => {
  const gpu = await gpuOf();
  const timer = createTimer(gpu);
  const chosen = ["sgd", "rprop", "lamb", "prodigy"].map((name) => findOptimizer(name) as Optimizer);
  const costs = [];
  for await (const cost of updateCosts(gpu, timer, chosen, 4000, 0.01)) costs.push(cost);
  timer.destroy();
  expect(costs.map(({ optimizer, dispatches }) => [optimizer, dispatches])).toEqual([
    ["sgd", 1],
    ["rprop", 1],
    ["lamb", 3],
    ["prodigy", 3],
    ["lookahead", 1],
    ["sam", 3],
  ]);
  for (const { parameters, microseconds, nanoseconds_per_parameter, copy_microseconds, ratio } of costs) {
    expect(microseconds).toBeGreaterThan(0);
    expect(copy_microseconds).toBeGreaterThan(0);
    expect(nanoseconds_per_parameter).toBeCloseTo((1000 * microseconds) / parameters, 9);
    expect(ratio).toBeCloseTo(microseconds / copy_microseconds, 9);
  }
  gpu.check();
});
