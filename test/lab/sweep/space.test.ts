import { expect, test } from "vitest";
import { settingsOf } from "../../../src/lab/sweep/space.ts";
import { parseAxis } from "../../../src/lab/sweep/values.ts";
import { parseRecipe, RecipeError, type RecipeInput } from "../../../src/train/recipe.ts";

const spaceOf = (vary: readonly string[], given: RecipeInput = {}, random?: { count: number; seed: number }) =>
  settingsOf({
    base: parseRecipe({ validation: 10, ...given }),
    axes: vary.map(parseAxis),
    ...(random && { random }),
  });

test("a grid is all combinations, the last axis first", () => {
  const settings = spaceOf(["lr=0.1,0.2", "batch_size=10,20"]);
  expect(settings.map(({ values }) => values)).toEqual([
    { "optimizer.lr": 0.1, batch_size: 10 },
    { "optimizer.lr": 0.1, batch_size: 20 },
    { "optimizer.lr": 0.2, batch_size: 10 },
    { "optimizer.lr": 0.2, batch_size: 20 },
  ]);
  expect(settings[3]?.recipes).toEqual([
    parseRecipe({ validation: 10, batch_size: 20, optimizer: { name: "adam", lr: 0.2 } }),
  ]);
});

test("an optimizer comes before its hyper-parameters, wherever it is given", () => {
  const settings = spaceOf(["lr=0.5", "optimizer=sgd,momentum"], { optimizer: { name: "adam", beta1: 0.5 } });
  expect(settings.map(({ recipes }) => recipes[0]?.optimizer)).toEqual(
    ["sgd", "momentum"].map((name) => parseRecipe({ optimizer: { name, lr: 0.5 } }).optimizer),
  );
  // A hyper-parameter that only another optimizer than the recipe's has.
  expect(spaceOf(["optimizer=momentum", "momentum=0.5"])[0]?.recipes[0]?.optimizer.momentum).toBe(0.5);
});

test("lists, null and paths into objects", () => {
  expect(spaceOf(["hidden=[8,4],[]"]).map(({ recipes }) => recipes[0]?.hidden)).toEqual([[8, 4], []]);
  expect(spaceOf(["clip_norm=null,1"]).map(({ recipes }) => recipes[0]?.clip_norm)).toEqual([undefined, 1]);
  const [setting] = spaceOf(["schedule.eta_min=0.01"], { schedule: { name: "cosine" } });
  expect(setting?.recipes[0]?.schedule?.eta_min).toBe(0.01);
  expect(spaceOf(["schedule=cosine,linear"]).map(({ recipes }) => recipes[0]?.schedule?.name)).toEqual([
    "cosine",
    "linear",
  ]);
});

test("the population is the seeds of each setting", () => {
  const settings = spaceOf(["lr=0.1,0.2"], { seed: 3, population: 2 });
  expect(settings.map(({ recipes }) => recipes.map(({ seed, population }) => [seed, population]))).toEqual([
    [
      [3, 1],
      [4, 1],
    ],
    [
      [3, 1],
      [4, 1],
    ],
  ]);
});

test("random settings lie in their ranges, each once, and a larger sweep goes on with a smaller one's", () => {
  const vary = ["lr=log(1e-4,1)", "beta1=uniform(0.5,0.9)", "batch_size=int(10,12)", "seed=1,2"];
  const few = spaceOf(vary, {}, { count: 20, seed: 7 });
  const many = spaceOf(vary, {}, { count: 200, seed: 7 });
  expect(many.slice(0, 20)).toEqual(few);
  expect(spaceOf(vary, {}, { count: 20, seed: 8 })).not.toEqual(few);
  expect(new Set(many.map(({ values }) => JSON.stringify(values))).size).toBe(200);
  const of = (path: string) => many.map(({ values }) => Number(values[path]));
  for (const [path, low, high] of [
    ["optimizer.lr", 1e-4, 1],
    ["optimizer.beta1", 0.5, 0.9],
  ] as const) {
    expect(Math.min(...of(path))).toBeGreaterThanOrEqual(low);
    expect(Math.max(...of(path))).toBeLessThanOrEqual(high);
  }
  // Half of a logarithmic range's values lie below its geometric mean: 100 of 200, deviation 7.
  expect(Math.abs(of("optimizer.lr").filter((lr) => lr < 1e-2).length - 100)).toBeLessThan(28);
  expect(new Set(of("batch_size"))).toEqual(new Set([10, 11, 12]));
  expect(new Set(of("seed"))).toEqual(new Set([1, 2]));
});

test("a space that has fewer settings than are asked for is exhausted", () => {
  expect(spaceOf(["seed=1,2,3", "dropout=0.1,0.2"], {}, { count: 50, seed: 0 })).toHaveLength(6);
});

test.each<[string[], string, RecipeInput?]>([
  [[], "a sweep needs at least one"],
  [["batchsize=1,2"], 'a recipe has no such setting (did you mean "batch_size"?)'],
  [["betta1=0.1"], 'a recipe has no such setting (did you mean "beta1"?)'],
  [["optimizer.betta1=0.1"], 'optimizer: unknown field "betta1" (did you mean "beta1"?)'],
  [["momentum=0.1"], "a recipe has no such setting"],
  [["lr=0.1", "optimizer.lr=0.2"], "--vary optimizer.lr: it is given twice"],
  [["data=mnist"], "figures on other data cannot be compared"],
  [["population=1,2"], "it is the number of seeds of each setting"],
  [["validation=1,2"], "the same held out samples"],
  [["optimizer.name=sgd"], "give the optimizers as optimizer=sgd,adam"],
  [["lr=-1"], "the trial optimizer.lr=-1 is no recipe: optimizer.lr: must be above 0, got -1"],
  [["lr=log(1e-4,1)"], "give log(lo,hi,n), or --random N"],
  [["lr=log(1e-4,1,200)", "seed=int(1,100,100)"], "200 x 100 make 20000 trials, more than 10000"],
  [["lr=0.1"], "trials do not see the test set", { schedule: { name: "reduce_on_plateau" } }],
])("%j is refused: %s", (vary, part, given = {}) => {
  expect(() => spaceOf(vary, given)).toThrow(RecipeError);
  expect(() => spaceOf(vary, given)).toThrow(part);
});
