import { describe, expect, test } from "vitest";
import { subgroupTiling } from "../../src/gpu/subgroupTiling.ts";
import { plainTiling } from "../../src/gpu/tiling.ts";
import { parseRecipe, type RecipeInput } from "../../src/train/recipe.ts";
import { chooseFrom, gatherWays, type Times, workClass, workOf } from "../../src/train/tuning.ts";

const MNIST = { trainCount: 60_000, testCount: 10_000, inputs: 784, rowBytes: 784, classes: 10 };
const subgroup = subgroupTiling(4);
const FORWARD = "forward 784x8 rows 100 u8";

const classesOf = (recipe: RecipeInput, fusesGather: boolean) =>
  workOf(parseRecipe(recipe), MNIST, { ...plainTiling, fusesGather }).map(workClass);

describe("the work of a recipe", () => {
  test("is each of its products once, and the gather where the first layer reads floats", () => {
    const shared = [
      "input gradient 8x10 rows 100 f32",
      "weight gradient 8x10 rows 100 f32",
      "forward 8x10 rows 100 f32",
    ];
    expect(classesOf({ hidden: [8] }, true).sort()).toEqual(
      [...shared, "forward 784x8 rows 100 u8", "weight gradient 784x8 rows 100 u8"].sort(),
    );
    expect(classesOf({ hidden: [8] }, false).sort()).toEqual(
      [...shared, "forward 784x8 rows 100 f32", "weight gradient 784x8 rows 100 f32", "gather 784 rows 100"].sort(),
    );
  });

  test("has evaluation's products where it takes other rows, and gradients that add up over chunks", () => {
    const classes = classesOf({ hidden: [8], batch_size: 10 }, true);
    expect(classes).toContain("forward 784x8 rows 10 u8");
    expect(classes).toContain("forward 784x8 rows 200 u8");
    expect(classesOf({ hidden: [8], batch_size: "full" }, true)).toContain("weight gradient 784x8 rows 1000 u8 adding");
  });

  test("does not depend on the population, on what varies, or on seeds and rates", () => {
    const alone = classesOf({ hidden: [8] }, true);
    expect(classesOf({ hidden: [8], population: 64, seed: 9 }, true)).toEqual(alone);
    expect(classesOf({ hidden: [8], vary: { key: "lr", values: [0.1, 0.2, 0.3] } }, true)).toEqual(alone);
  });
});

describe("the choice from times", () => {
  const families = [subgroup, plainTiling] as const;
  const recipe = parseRecipe({ hidden: [8] });
  const work = gatherWays(families).map((fusesGather) => workOf(recipe, MNIST, { ...subgroup, fusesGather }));
  /** Every class takes 10 us on the default and 20 us on the other family, but for those given. */
  const timesWith = (special: Times = {}): Times => ({
    ...Object.fromEntries(work.flat().map((one) => [workClass(one), { "subgroup-4": 10, plain: 20 }])),
    "gather 784 rows 100": { plain: 1 },
    ...special,
  });
  const kernelsOf = (times: Times) => chooseFrom(times, families, work).kernels;

  test("is the default's base and way to gather, and nothing else where nothing is faster", () => {
    const expected = { version: 1, base: "subgroup-4", fuses_gather: true, kernels: {} };
    expect(chooseFrom(timesWith(), families, work)).toEqual(expected);
    expect(chooseFrom({}, families, work)).toEqual(expected);
  });

  test("takes another family from 5 % less on, for that product alone", () => {
    expect(kernelsOf(timesWith({ [FORWARD]: { "subgroup-4": 10, plain: 9.4 } }))).toEqual({ [FORWARD]: "plain" });
    expect(kernelsOf(timesWith({ [FORWARD]: { "subgroup-4": 10, plain: 9.6 } }))).toEqual({});
  });

  test("takes the fastest of several others", () => {
    const third = { ...plainTiling, name: "third" };
    const times = timesWith({ [FORWARD]: { "subgroup-4": 10, plain: 8, third: 7 } });
    expect(chooseFrom(times, [subgroup, plainTiling, third], work).kernels).toEqual({ [FORWARD]: "third" });
  });

  test("goes by what can run: not by a refused kernel, and around a default that is refused", () => {
    expect(kernelsOf(timesWith({ [FORWARD]: { "subgroup-4": 10, plain: null } }))).toEqual({});
    expect(kernelsOf(timesWith({ [FORWARD]: { "subgroup-4": null, plain: 11 } }))).toEqual({ [FORWARD]: "plain" });
  });

  test("gathers apart where that makes the sum clearly less, and then takes that way's products", () => {
    const [first, second] = ["forward 784x8 rows 100 f32", "weight gradient 784x8 rows 100 f32"];
    const floats = {
      [first as string]: { "subgroup-4": 3, plain: 2 },
      [second as string]: { "subgroup-4": 3, plain: 5 },
    };
    expect(chooseFrom(timesWith(floats), families, work)).toEqual({
      version: 1,
      base: "subgroup-4",
      fuses_gather: false,
      kernels: { "forward 784x8 rows 100 f32": "plain" },
    });
    const dear = { ...floats, "gather 784 rows 100": { plain: 14 } };
    expect(chooseFrom(timesWith(dear), families, work).fuses_gather).toBe(true);
  });
});
