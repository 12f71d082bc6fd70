import { describe, expect, test } from "vitest";
import { plainTiling } from "../../src/gpu/tiling.ts";
import { makePlan } from "../../src/train/plan.ts";
import { parseRecipe, RecipeError, type RecipeInput } from "../../src/train/recipe.ts";
import { shapeOf } from "../../src/train/train.ts";
import { partsOf } from "../../src/train/validation.ts";
import { validationCount } from "../../src/train/validationField.ts";
import { syntheticDataset } from "../support/dataset.ts";

const dataset = syntheticDataset({ train: 330, test: 50, width: 9, height: 9 });
const planOf = (recipe: RecipeInput) => makePlan(parseRecipe(recipe), shapeOf(dataset), plainTiling);
const base = { hidden: [8], batch_size: 10 } satisfies RecipeInput;

describe("validation samples", () => {
  test.each([
    [undefined, 0],
    [0, 0],
    [0.1, 33],
    [0.0001, 1],
    [0.1234, 41],
    [1, 1],
    [120, 120],
  ])("%s of 330 are %d", (validation, expected) => {
    expect(validationCount({ validation }, 330)).toBe(expected);
  });

  test("are taken out of the training set, whose epochs get shorter", () => {
    const plan = planOf({ ...base, validation: 120 });
    expect(plan.data).toMatchObject({ trainCount: 210, validationCount: 120, testCount: 50 });
    expect(plan.stepsPerEpoch).toBe(21);
    const parts = partsOf(plan, dataset.train);
    expect([parts.train.count, parts.validation?.count]).toEqual([210, 120]);
    // The set that is evaluated may be larger than the test set.
    expect(plan.buffers.test_order?.bytes).toBe(4 * 120);
    // Shapes that come out of a plan stand for the same split.
    expect(makePlan(plan.recipe, plan.data, plainTiling).data).toEqual(plan.data);
  });

  test("are the same whatever a member's seed is, and others with another validation_seed", () => {
    const heldBy = (recipe: RecipeInput) =>
      partsOf(planOf({ ...base, validation: 40, ...recipe }), dataset.train).validation;
    expect(heldBy({ seed: 7 })).toEqual(heldBy({ seed: 0 }));
    expect(heldBy({ validation_seed: 1 })).not.toEqual(heldBy({ validation_seed: 0 }));
  });

  test("cost nothing where there are none", () => {
    const { buffers, stages, best } = planOf(base);
    expect(Object.keys(buffers).filter((name) => /validation|best/.test(name))).toEqual([]);
    expect([stages.validate, best]).toEqual([[], undefined]);
    expect(planOf({ ...base, validation: 0 })).toMatchObject({ buffers, stages });
  });

  test("are evaluated by the test set's kernels", () => {
    const { stages } = planOf({ ...base, validation: 33 });
    expect(stages.validate.map(({ kernel }) => kernel)).toEqual(stages.evaluate.map(({ kernel }) => kernel));
    const names = stages.validate.flatMap(({ buffers }) => Object.values(buffers));
    expect(names).toContain("validation_images");
    expect(names).toContain("validation_labels");
    expect(names.filter((name) => /test_(images|labels)/.test(name))).toEqual([]);
  });

  test.each([
    [{}, "params"],
    [{ lookahead: {} }, "slow"],
    [{ optimizer: { name: "schedule_free_adamw" } }, "seen"],
  ] satisfies [RecipeInput, string][])("the best weights of %j are those that are evaluated: %s", (recipe, source) => {
    expect(planOf({ ...base, ...recipe, validation: 0.1 }).best).toEqual({ params: source });
    const normed = planOf({ ...base, ...recipe, validation: 0.1, batch_norm: true });
    // Batch norm's statistics belong to weights.
    const running = source === "params" ? "running" : "seen_running";
    expect(normed.best).toEqual({ params: source, running });
  });
});

test.each([
  [{ validation: -1 }, "validation: must be at least 0, got -1"],
  [{ validation: 1.5 }, "validation: must be a share below 1 or a whole number of samples, got 1.5"],
  [{ early_stopping: {} }, "early_stopping.monitor: val_loss is taken on held out samples, and there are none"],
  [{ validation: 9, early_stopping: { patience: 0 } }, "early_stopping.patience: must be at least 1, got 0"],
  [{ validation: 9, early_stopping: { min_delta: -1 } }, "early_stopping.min_delta: must be at least 0"],
  [{ validation: 9, early_stopping: { monitor: "test_loss" } }, "early_stopping.monitor: must be one of val_loss"],
  [{ validation: 9, early_stopping: { patienc: 3 } }, 'unknown field "patienc" (did you mean "patience"?)'],
  [{ validation_seed: 3 }, "validation_seed: no samples are held out"],
  [
    { schedule: { name: "reduce_on_plateau", monitor: "val_accuracy" } },
    "schedule.monitor: val_accuracy is taken on held out samples",
  ],
  [{ vary: { key: "validation", values: [10, 20] }, validation: 10 }, "vary: validation is the same for all members"],
  [{ validation: 330 }, "validation: 330 of the 330 training samples are held out, which leaves none"],
  [{ validation: 300, batch_size: 31 }, "batch_size: 31 is more than the 30 training samples"],
] as const)("%j is refused", (recipe, message) => {
  const attempt = () => planOf({ ...base, ...(recipe as RecipeInput) });
  expect(attempt).toThrow(RecipeError);
  expect(attempt).toThrow(message);
});

test.each([
  { early_stopping: { monitor: "train_loss" } },
  { validation: 0.5, schedule: { name: "reduce_on_plateau", monitor: "val_loss" } },
] satisfies RecipeInput[])("%j is accepted", (recipe) => {
  expect(() => planOf({ ...base, ...recipe })).not.toThrow();
});
