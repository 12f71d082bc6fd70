import { describe, expect, test } from "vitest";
import { subgroupTiling } from "../../src/gpu/subgroupTiling.ts";
import { plainTiling, type Tiling } from "../../src/gpu/tiling.ts";
import { makePlan, type Plan, type Stage } from "../../src/train/plan.ts";
import { parseRecipe, RecipeError, type RecipeInput } from "../../src/train/recipe.ts";

const MNIST = { trainCount: 60000, testCount: 10000, inputs: 784, width: 28, rowBytes: 784, classes: 10 };
const FUSED = subgroupTiling(4);

const planOf = (recipe: RecipeInput, tiling: Tiling = FUSED) => makePlan(parseRecipe(recipe), MNIST, tiling);
const labelsOf = (plan: Plan, stage: Stage) => plan.stages[stage].map(({ label }) => label);

describe("a plan", () => {
  test("has the parts in their order", () => {
    const recipe: RecipeInput = { l1: 1e-4, clip_value: 1, clip_norm: 2, gradient_noise: {}, max_norm: 3 };
    expect(labelsOf(planOf({ ...recipe, sam: {} }), "update")).toEqual([
      "sam return",
      "l1 penalty",
      "clip value",
      "gradient norm",
      "clip norm",
      "gradient noise",
      "adam update",
      "weight norms",
      "max norm",
    ]);
  });

  test.each<RecipeInput>([
    { l1: 1e-4 },
    { clip_value: 1 },
    { gradient_noise: {} },
    { max_norm: 3 },
    { accumulate: 2 },
    { mixup: {}, l1: 0 },
  ])("of %j: what is off is not there, and every binding has a buffer", (recipe) => {
    const { buffers, stages } = planOf(recipe, plainTiling);
    const used = Object.values(stages).flatMap((all) => all.flatMap((dispatch) => Object.values(dispatch.buffers)));
    expect(new Set([...used, "step"])).toEqual(new Set(Object.keys(buffers)));
    const more = recipe.max_norm ? 2 : recipe.mixup || recipe.accumulate ? 0 : 1;
    expect(stages.update).toHaveLength(1 + more);
  });

  test("mixes what the gather wrote, plain or changed, and takes the loss's own kernel, in training alone", () => {
    const [plain, changed] = [planOf({ mixup: {} }), planOf({ mixup: {}, augment: { rotate: 12 } })];
    expect(labelsOf(plain, "chunk").slice(0, 3)).toEqual(["gather", "mixup", "fc1 forward"]);
    expect(labelsOf(changed, "chunk").slice(0, 3)).toEqual(["gather augmented", "mixup", "fc1 forward"]);
    expect(labelsOf(plain, "chunk")).toContain("softmax cross-entropy");
    expect(plain.stages.evaluate).toEqual(planOf({}).stages.evaluate);
  });

  test("accumulates by chunks of a batch, which keep their size", () => {
    const { batch, chunkRows, stepsPerEpoch, steps } = planOf({ batch_size: 100, accumulate: 7, epochs: 2 });
    expect({ batch, chunkRows, stepsPerEpoch, steps }).toEqual({
      batch: 700,
      chunkRows: 100,
      stepsPerEpoch: 86,
      steps: 172,
    });
    expect(planOf({ batch_size: 1500, accumulate: 2 }).chunkRows).toBe(750);
    expect(planOf({ batch_size: 1000, accumulate: 3, batch_norm: true }).batch).toBe(3000);
  });
});

describe("members share the parts", () => {
  test.each(["l1"])("so that %s cannot be 0 for some", (key) => {
    expect(() => planOf({ vary: { key, values: [0, 0.5] } })).toThrow(`vary: the values of ${key} switch it off`);
  });

  test("and differ in what is inside", () => {
    const { members } = planOf({ gradient_noise: {}, vary: { key: "gradient_noise.eta", values: [0.1, 1] } });
    expect(members.map(({ gradient_noise }) => gradient_noise)).toEqual([
      { eta: 0.1, gamma: 0.55 },
      { eta: 1, gamma: 0.55 },
    ]);
    expect(() => planOf({ vary: { key: "mixup.alpha", values: [0.1] } })).toThrow('unknown setting "mixup.alpha"');
    expect(() => planOf({ vary: { key: "accumulate", values: [1, 2] } })).toThrow(
      "accumulate is the same for all members",
    );
  });
});

test.each<[unknown, string]>([
  [{ l1: -1 }, "l1: must be at least 0, got -1"],
  [{ clip_value: 0 }, "clip_value: must be above 0, got 0"],
  [{ max_norm: 0 }, "max_norm: must be above 0, got 0"],
  [{ gradient_noise: { eta: 0 } }, "gradient_noise.eta: must be above 0, got 0"],
  [{ gradient_noise: { gamma: -1 } }, "gradient_noise.gamma: must be at least 0, got -1"],
  [{ gradient_noise: { etta: 1 } }, 'unknown field "etta" (did you mean "eta"?); allowed: eta, gamma'],
  [{ gradient_noise: 0.1 }, "gradient_noise: must be an object with fields, got 0.1"],
  [{ mixup: { alpha: 0 } }, "mixup.alpha: must be at least 0.000001, got 0"],
  [{ mixup: { alfa: 1 } }, 'unknown field "alfa" (did you mean "alpha"?); allowed: alpha'],
  [{ mixup: {}, batch_size: 1 }, "mixup: mixes the samples of a batch in pairs: use a batch_size of 2 or more"],
  [{ mixup: {}, loss: "mse" }, "mixup: mixes the labels of cross_entropy, and the loss is mse"],
  [{ accumulate: 0 }, "accumulate: must be at least 1, got 0"],
  [{ accumulate: 1.5 }, "accumulate: must be a whole number"],
  [{ accumulate: 2, batch_size: "full" }, "accumulate: a batch is the whole training set already"],
  [
    { max_norm: 1, optimizer: { name: "schedule_free_sgd" } },
    "max_norm: schedule_free_sgd evaluates other weights than those that it would hold: leave one of the two out",
  ],
])("%j is refused", (recipe, message) => {
  expect(() => parseRecipe(recipe)).toThrow(RecipeError);
  expect(() => parseRecipe(recipe)).toThrow(message);
});

test.each<[RecipeInput, string]>([
  [{ accumulate: 601 }, "accumulate: 601 batches of 100 are 60100 samples, more than the 60000 training samples"],
  [{ accumulate: 2, batch_size: 1, batch_norm: true }, "batch_norm: a batch is one sample"],
  [
    { accumulate: 2, batch_size: 1001, batch_norm: true },
    "batch_norm: a batch of 1001 samples is worked through in chunks",
  ],
  [
    { accumulate: 2, validation: 99, batch_norm: true },
    "the last batch of an epoch (59901 samples by 100) is one sample",
  ],
])("%j does not suit the data", (recipe, message) => {
  const make = () => planOf(recipe, plainTiling);
  expect(make).toThrow(RecipeError);
  expect(make).toThrow(message);
});
