import { describe, expect, test } from "vitest";
import main from "../../src/recipes/main.json" with { type: "json" };
import { expandMembers } from "../../src/train/members.ts";
import { suggest } from "../../src/train/messages.ts";
import { parseRecipe, RecipeError, type RecipeInput } from "../../src/train/recipe.ts";

/** The message that a recipe is refused with. */
function refusal(recipe: unknown, read: (recipe: unknown) => unknown = parseRecipe): string {
  try {
    read(recipe);
  } catch (error) {
    expect(error).toBeInstanceOf(RecipeError);
    return (error as RecipeError).message;
  }
  throw new Error(`${JSON.stringify(recipe)} was accepted`);
}

describe("a recipe", () => {
  test("without fields is the main job, which the file of that name spells out", () => {
    const { name, ...rest } = parseRecipe(main);
    expect(name).toBe("main");
    expect(rest).toEqual(parseRecipe({}));
    expect(rest).toEqual({
      data: "mnist",
      hidden: [128, 64],
      activation: "relu",
      batch_norm: false,
      layer_norm: false,
      dropout: 0,
      init: { name: "default" },
      loss: { name: "cross_entropy" },
      label_smoothing: 0,
      optimizer: { name: "adam", lr: 1e-3, beta1: 0.9, beta2: 0.999, weight_decay: 0, eps: 1e-8, eps_root: 0 },
      batch_size: 100,
      epochs: 10,
      seed: 0,
      population: 1,
    });
  });

  test("is plain data: complete, it reads back as itself", () => {
    const recipe = parseRecipe({
      hidden: [],
      optimizer: { name: "sgd" },
      vary: { key: "lr", values: [0.1, 0.2] },
      steps: 7,
    });
    expect(parseRecipe(JSON.parse(JSON.stringify(recipe)))).toEqual(recipe);
  });

  test.each([
    { batch_size: 1 },
    { batch_size: "full" },
    { hidden: [] },
    { hidden: [63, 5, 1] },
    { seed: 0xffffffff },
    { epochs: 1, steps: 1 },
    { optimizer: { name: "adam", eps: 0, eps_root: 1e-8 } },
    { population: 64 },
  ] satisfies RecipeInput[])("may say %j", (recipe) => {
    expect(() => parseRecipe(recipe)).not.toThrow();
  });
});

describe("an error names the path, what was given and what is allowed", () => {
  test.each<[unknown, ...string[]]>([
    [
      { bacth_size: 100 },
      'recipe: unknown field "bacth_size" (did you mean "batch_size"?); allowed: name, data, target, test_split',
    ],
    [{ foo: 1 }, 'recipe: unknown field "foo"; allowed:'],
    [{ optimizer: { name: "adam", learning_rate: 1 } }, 'optimizer: unknown field "learning_rate"; allowed: lr, beta1'],
    [{ optimizer: { name: "rmsprop", centred: true } }, 'unknown field "centred" (did you mean "centered"?)'],
    [
      { optimizer: { name: "adma" } },
      "optimizer.name: must be one of sgd, momentum",
      'got "adma" (did you mean "adam"?)',
    ],
    [{ optimizer: {} }, "optimizer.name: must be one of sgd, momentum"],
    [{ optimizer: "adam" }, 'optimizer: must be an object with fields, got "adam"'],
    [{ optimizer: { name: "sgd", lr: 0 } }, "optimizer.lr: must be above 0, got 0"],
    [{ optimizer: { name: "sgd", lr: -0.1 } }, "optimizer.lr: must be above 0, got -0.1"],
    [{ optimizer: { name: "sgd", lr: "0.1" } }, 'optimizer.lr: must be a number, got "0.1"'],
    [{ optimizer: { name: "adam", beta2: 1 } }, "optimizer.beta2: must be at least 0 and below 1, got 1"],
    [{ optimizer: { name: "adam", eps: 0 } }, "optimizer.eps: eps and eps_root cannot both be 0"],
    [{ hidden: [0] }, "hidden.0: must be at least 1, got 0"],
    [{ hidden: [128, 1.5] }, "hidden.1: must be a whole number, got 1.5"],
    [{ hidden: 128 }, "hidden: must be a list, got 128"],
    [{ hidden: [65537] }, "hidden.0: must be at most 65536, got 65537"],
    [{ batch_size: 0 }, 'batch_size: must be a whole number of at least 1, or "full", got 0'],
    [{ batch_size: 2.5 }, 'batch_size: must be a whole number of at least 1, or "full", got 2.5'],
    [{ batch_size: "all" }, 'batch_size: must be a whole number of at least 1, or "full", got "all"'],
    [{ activation: "rely" }, "activation: must be one of relu, leaky_relu", 'got "rely" (did you mean "relu"?)'],
    [{ epochs: 0 }, "epochs: must be at least 1, got 0"],
    [{ steps: 0 }, "steps: must be at least 1, got 0"],
    [{ seed: -1 }, "seed: must be at least 0, got -1"],
    [{ seed: 2 ** 32 }, "seed: must be at most 4294967295, got 4294967296"],
    [{ seed: 0xffffffff, population: 2 }, "seed: the last member's seed would exceed 4294967295", "got 4294967295"],
    [{ population: 0 }, "population: must be at least 1, got 0"],
    [{ population: 2, vary: { key: "lr", values: [1] } }, "vary: population and vary exclude each other"],
    [{ vary: { key: "lr", values: [] } }, "vary.values: must not be empty, got []"],
    [
      { vary: { key: "lr", value: [1] } },
      'vary: unknown field "value" (did you mean "values"?); allowed: key, keys, values',
    ],
    [{ data: "" }, 'data: must not be empty, got ""'],
    [undefined, "recipe: is missing"],
    [null, "recipe: must be an object with fields, got null"],
    [[], "recipe: must be an object with fields, got []"],
    ["main", 'recipe: must be an object with fields, got "main"'],
  ])("%j", (recipe, ...parts) => {
    const message = refusal(recipe);
    for (const part of parts) expect(message).toContain(part);
  });

  test("a line for each fault", () => {
    const lines = refusal({ epochs: 0, seed: "a", hiden: [] }).split("\n");
    expect(lines.map((line) => line.slice(0, line.indexOf(":"))).sort()).toEqual(["epochs", "recipe", "seed"]);
  });
});

test("suggestions are near, or none", () => {
  expect(suggest("epoch", ["epochs", "seed"])).toBe(' (did you mean "epochs"?)');
  expect(suggest("xyzzy", ["epochs", "seed"])).toBe("");
  expect(suggest("x", [])).toBe("");
});

describe("members", () => {
  const members = (recipe: RecipeInput) => expandMembers(parseRecipe(recipe));
  const vary = (key: string, values: (number | boolean | string)[], rest: RecipeInput = {}) =>
    members({ ...rest, vary: { key, values } });

  test("of a population have the seeds from its own on", () => {
    expect(members({ seed: 7, population: 3 }).map(({ seed }) => seed)).toEqual([7, 8, 9]);
    expect(members({ seed: 7 })).toHaveLength(1);
  });

  test.each(["lr", "optimizer.lr"])("vary by %s, all with one seed", (key) => {
    const found = vary(key, [0.1, 0.2], { seed: 4, optimizer: { name: "adam", beta1: 0.5 } });
    expect(found.map(({ seed }) => seed)).toEqual([4, 4]);
    expect(found.map(({ optimizer }) => optimizer.lr)).toEqual([0.1, 0.2]);
    expect(found.map(({ optimizer }) => optimizer.beta1)).toEqual([0.5, 0.5]);
  });

  test("vary by any numeric hyper-parameter of every optimizer, and by seed", () => {
    expect(vary("seed", [3, 1]).map(({ seed }) => seed)).toEqual([3, 1]);
    const rmsprop = { optimizer: { name: "rmsprop", momentum: 0.5, eps_root: 1e-4 } };
    for (const key of ["lr", "alpha", "momentum", "weight_decay", "eps", "eps_root"]) {
      expect(vary(key, [0.25, 0.5], rmsprop).map(({ optimizer }) => optimizer[key])).toEqual([0.25, 0.5]);
    }
    const adagrad = { optimizer: { name: "adagrad" } };
    for (const key of ["lr_decay", "initial_accumulator_value"]) expect(vary(key, [0, 0.5], adagrad)).toHaveLength(2);
    expect(vary("dampening", [0, 1], { optimizer: { name: "momentum" } })).toHaveLength(2);
  });

  test("may not vary what changes the structure that they share", () => {
    const rmsprop = { optimizer: { name: "rmsprop" } };
    const read = (recipe: unknown) => members(recipe as RecipeInput);
    for (const [key, values] of [
      ["momentum", [0, 0.9]],
      ["centered", [false, true]],
    ] as const) {
      expect(refusal({ ...rmsprop, vary: { key, values } }, read)).toContain(
        `vary: the values of optimizer.${key} change which parts of rmsprop run`,
      );
    }
    expect(vary("centered", [true, true], rmsprop)).toHaveLength(2);
    for (const key of ["hidden", "batch_size", "epochs", "population", "activation", "data"]) {
      expect(refusal({ vary: { key, values: [1, 2] } }, read)).toContain(
        `vary: ${key} is the same for all members of a population, which train in lockstep; what can vary: seed, dropout`,
      );
    }
  });

  test.each<[string, unknown[], string]>([
    ["lrr", [1], 'vary: unknown setting "lrr" (did you mean "lr"?); known: seed, dropout'],
    ["optimizer.momentum", [1], 'vary: unknown setting "optimizer.momentum"'],
    ["optimizer.name", ["sgd"], 'vary: unknown setting "optimizer.name"'],
    ["recipe.lr", [1], 'vary: unknown setting "recipe.lr"'],
    ["optimizer.lr.x", [1], 'vary: unknown setting "optimizer.lr.x"'],
    ["constructor", [1], 'vary: unknown setting "constructor"'],
    ["lr", [0.1, 0], "optimizer.lr: must be above 0, got 0"],
    ["lr", ["a"], 'vary: optimizer.lr: must be a number, got "a"'],
    ["seed", [0.5], "vary: seed: must be a whole number, got 0.5"],
  ])("vary %s=%j is refused", (key, values, message) => {
    expect(refusal({ vary: { key, values } }, (recipe) => members(recipe as RecipeInput))).toContain(message);
  });
});
