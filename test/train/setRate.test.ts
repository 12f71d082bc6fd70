import { expect, test } from "vitest";
import { plainTiling } from "../../src/gpu/tiling.ts";
import type { EvalEvent } from "../../src/io/runLog.ts";
import { createHypers } from "../../src/train/hypers.ts";
import { makePlan } from "../../src/train/plan.ts";
import { parseRecipe, type RecipeInput } from "../../src/train/recipe.ts";

// Another learning rate while a run goes on.

const data = { trainCount: 1000, testCount: 100, inputs: 784, rowBytes: 784, classes: 10 };
const hypersOf = (recipe: RecipeInput) =>
  createHypers(makePlan(parseRecipe({ epochs: 10, ...recipe }), data, plainTiling));
const momentum = { name: "momentum", lr: 0.1 };

test("every member has it from then on", () => {
  const hypers = hypersOf({ optimizer: momentum, population: 2 });
  hypers.setRate(0.02, 5);
  expect([0, 1].map((m) => hypers.at(m, 5).lr)).toEqual([0.02, 0.02]);
  expect(hypers.at(0, 5).momentum).toBe(hypersOf({ optimizer: momentum }).at(0, 5).momentum);
});

test("a schedule moves it as it would have moved a run's that had it from the start", () => {
  const schedule = { name: "cosine", warmup: 3 } as const;
  const changed = hypersOf({ optimizer: momentum, schedule });
  changed.setRate(0.02, 5);
  const other = hypersOf({ optimizer: { ...momentum, lr: 0.02 }, schedule });
  for (const step of [5, 20, 99]) expect(changed.at(0, step)).toEqual(other.at(0, step));
});

test("a schedule that listens keeps the falls that were", () => {
  const hypers = hypersOf({ optimizer: momentum, schedule: { name: "reduce_on_plateau", patience: 0, factor: 0.5 } });
  const evaluation = (step: number): EvalEvent => ({
    ...{ event: "eval", epoch: step / 10, step, model: 0 },
    ...{ train_loss: 1, test_loss: 1, test_accuracy: 0.5 },
  });
  hypers.observe([evaluation(10)]);
  hypers.observe([evaluation(20)]);
  expect(hypers.at(0, 20).lr).toBe(0.05);
  hypers.setRate(0.04, 20);
  expect(hypers.at(0, 20).lr).toBe(0.02);
});

test("what an optimizer remembers of the steps before stays", () => {
  const recipe = { optimizer: { name: "nadam" } } as const;
  const [changed, same] = [hypersOf(recipe), hypersOf(recipe)];
  changed.setRate(0.5, 7);
  expect(changed.memory(0, 7)).toEqual(same.memory(0, 7));
  const scheduleFree = { optimizer: { name: "schedule_free_sgd", lr: 0.1 } };
  const [own, before] = [hypersOf(scheduleFree), hypersOf(scheduleFree)];
  own.setRate(10, 7);
  // The squares of the rates that were used, not of the new one.
  expect(own.memory(0, 7)).toEqual(before.memory(0, 7));
  expect(own.memory(0, 9)).not.toEqual(before.memory(0, 9));
});
