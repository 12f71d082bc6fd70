import { expect, test } from "vitest";
import { holdOut } from "../../src/data/split.ts";
import { jsonLine } from "../../src/io/runLog.ts";
import { compareOptimizer, comparisonSchema } from "../../src/lab/compare.ts";
import type { Optimizer } from "../../src/optim/optimizer.ts";
import { findOptimizer } from "../../src/optim/registry.ts";
import type { RecipeInput } from "../../src/train/recipe.ts";
import { train } from "../../src/train/train.ts";
import { syntheticDataset } from "../support/dataset.ts";
import { useGpu } from "../support/gpu.ts";

const gpuOf = useGpu();
const dataset = syntheticDataset({ train: 60, test: 20, width: 8, height: 8 });
const recipe: RecipeInput = { hidden: [8], batch_size: 20, steps: 4, seed: 5 };
const SETTINGS = { recipe, seeds: 2, validation: 12 };
const sgd = findOptimizer("sgd") as Optimizer;

/** A run's results, and the losses of its steps. */
async function resultsOf(input: RecipeInput, data = dataset) {
  const losses: number[] = [];
  for await (const event of train(input, { adapter: await gpuOf(), dataset: data, logEvery: 1 })) {
    if (event.event === "step") losses.push(event.loss);
    if (event.event === "done") return { losses, models: event.models };
  }
  throw new Error("no end");
}

test("takes the rate that is best on held out samples, and trains it on all of them from each seed", async () => {
  const grid = [1e-6, 0.1, 1e20]; // hardly a step, a good one, and NaN
  const found = await compareOptimizer(await gpuOf(), dataset, sgd, { ...SETTINGS, grid });
  const { rest, held } = holdOut(dataset.train, 12, 5);
  const parts = { name: "parts", train: rest, test: held };
  const losses: number[] = [];
  for (const lr of grid.slice(0, 2)) {
    const { models } = await resultsOf({ ...recipe, optimizer: { name: "sgd", lr } }, parts);
    losses.push(models[0]?.test_loss ?? 0);
  }
  // A member of a population has the bits of its solo run.
  expect(found.validation.map(({ lr }) => lr)).toEqual(grid);
  expect(found.validation.slice(0, 2).map(({ loss }) => loss)).toEqual(losses);
  expect(found.validation[2]?.loss).toBeNaN();
  const lr = (losses[0] as number) < (losses[1] as number) ? 1e-6 : 0.1;
  expect(found.lr).toBe(lr);
  const expected = await resultsOf({ ...recipe, optimizer: { name: "sgd", lr }, population: 2 });
  expect(found.test_loss).toEqual(expected.models.map(({ test_loss }) => test_loss));
  expect(found.test_accuracy).toEqual(expected.models.map(({ test_accuracy }) => test_accuracy));
  // 4 steps of 3 an epoch; losses come member by member.
  expect(found.curve.map(([epochs]) => epochs)).toEqual([1, 2, 3, 4].map((step) => expect.closeTo(step / 3, 12)));
  found.curve.forEach(([, loss], step) => {
    const [a = 0, b = 0] = expected.losses.slice(2 * step);
    expect(loss).toBeCloseTo((a + b) / 2, 12);
  });
  expect(comparisonSchema.parse(JSON.parse(jsonLine(found)))).toEqual(found);
});

test("an optimizer that finds its own rate is not given one", async () => {
  const prodigy = findOptimizer("prodigy") as Optimizer;
  const found = await compareOptimizer(await gpuOf(), dataset, prodigy, { ...SETTINGS, grid: [0.1, 1] });
  expect(found).not.toHaveProperty("lr");
  expect(found.validation).toEqual([]);
  expect(found.test_loss).toHaveLength(2);
});
