import { expect, test } from "vitest";
import { lrRange, rangeRecipe } from "../../src/lab/lrRange.ts";
import { parseRecipe, RecipeError, type RecipeInput } from "../../src/train/recipe.ts";
import { train } from "../../src/train/train.ts";
import { useGpu } from "../support/gpu.ts";
import { patternDataset } from "./sweep/patterns.ts";

const gpuOf = useGpu();
const dataset = patternDataset(300, 40);
const recipe = parseRecipe({ hidden: [16], batch_size: 50, optimizer: { name: "momentum" }, seed: 3 });
const ramp = { from: 1e-5, to: 100, steps: 120 };

test("the rate climbs exponentially, the loss falls and explodes, and the suggestion lies between", async () => {
  const steps: number[] = [];
  const onPoint = (_: unknown, step: number) => steps.push(step);
  const range = await lrRange(await gpuOf(), dataset, recipe, ramp, { onPoint });
  expect(range.exploded).toBe(true);
  expect(range.points.length).toBeLessThan(120);
  expect(steps).toEqual(range.points.map((_, i) => i + 1));
  range.points.forEach(({ lr }, i) => {
    expect(lr / (1e-5 * 1e7 ** (i / 119))).toBeCloseTo(1, 9);
  });
  const { suggestion = 0, steepest, tenth = 0, minimum } = range;
  expect(suggestion).toBe(steepest);
  expect(tenth * 10).toBeCloseTo(minimum?.lr ?? 0, 12);
  expect(suggestion).toBeGreaterThan(1e-4);
  expect(suggestion).toBeLessThan(minimum?.lr ?? 0);
  // A rate that is worth suggesting trains: ten times better than the start's log 10 within two epochs.
  let loss = Number.NaN;
  const chosen = { ...recipe, epochs: 4, optimizer: { ...recipe.optimizer, lr: suggestion } };
  for await (const event of train(chosen, { adapter: await gpuOf(), dataset })) {
    if (event.event === "eval") loss = event.train_loss;
  }
  expect(loss).toBeLessThan(Math.log(10) / 4);
  // The losses are those of the recipe that climbs, whatever the test set.
  const losses: number[] = [];
  for await (const event of train(rangeRecipe(recipe, ramp), { adapter: await gpuOf(), dataset, logEvery: 1 })) {
    if (event.event === "step") losses.push(event.loss);
    if (losses.length === range.points.length) break;
  }
  expect(range.points.map((point) => point.loss)).toEqual(losses);
});

test("a population of seeds gives a mean and a band", async () => {
  const short = { ...ramp, to: 1e-3, steps: 20 };
  const range = await lrRange(await gpuOf(), dataset, { ...recipe, population: 3 }, short);
  expect(range.exploded).toBe(false);
  expect(range.points).toHaveLength(20);
  const [first] = (await lrRange(await gpuOf(), dataset, { ...recipe, seed: 4 }, short)).points;
  const point = range.points[0];
  expect(point?.low).toBeLessThan(point?.smoothed ?? 0);
  expect(point?.high).toBeGreaterThan(point?.smoothed ?? 0);
  expect(first?.smoothed).toBeGreaterThanOrEqual(point?.low ?? 0);
  expect(first?.smoothed).toBeLessThanOrEqual(point?.high ?? 0);
});

test.each<[RecipeInput, Partial<typeof ramp>, string]>([
  [{ optimizer: { name: "prodigy" } }, {}, "optimizer: prodigy finds its learning rate itself"],
  [{ optimizer: { name: "rprop" } }, {}, "its rate cannot climb: rprop reads lr at its start alone"],
  [{ vary: { key: "lr", values: [1, 2] } }, {}, "vary: a range test varies the learning rate alone"],
  [{}, { from: 0 }, "the rate must climb"],
  [{}, { from: 2, to: 1 }, "the rate must climb"],
  [{}, { steps: 19 }, "needs at least 20 steps"],
])("%j, %j is refused", (given, settings, part) => {
  const refusal = () => rangeRecipe(parseRecipe(given), { ...ramp, ...settings });
  expect(refusal).toThrow(RecipeError);
  expect(refusal).toThrow(part);
});

test("the recipe's own schedule gives way", () => {
  const given = parseRecipe({
    validation: 10,
    early_stopping: {},
    schedule: { name: "cosine" },
    schedules: { beta1: { name: "linear", end_factor: 0.5 } },
  });
  const { schedule, schedules, early_stopping, steps, optimizer } = rangeRecipe(given, ramp);
  expect(schedule).toMatchObject({ name: "exponential", end_value: 100 });
  expect([schedules?.beta1?.name, early_stopping, steps, optimizer.lr]).toEqual(["linear", undefined, 120, 1e-5]);
});
