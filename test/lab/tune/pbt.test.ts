import { describe, expect, test } from "vitest";
import { parseAxis } from "../../../src/lab/sweep/values.ts";
import { decide, move, PBT_DEFAULTS, rankMembers, replacedCount } from "../../../src/lab/tune/pbt.ts";
import { populationRecipe, type Range, rangesOf, startValues, valueAt } from "../../../src/lab/tune/space.ts";
import { expandMembers } from "../../../src/train/members.ts";
import { parseRecipe, RecipeError, type RecipeInput } from "../../../src/train/recipe.ts";

const log: Range = { path: "optimizer.lr", scale: "log", low: 1e-4, high: 1 };
const uniform: Range = { path: "optimizer.momentum", scale: "uniform", low: 0.8, high: 0.99 };
const int: Range = { path: "augment.shift", scale: "int", low: 1, high: 4 };

describe("ranks", () => {
  test("a loss from below, an accuracy from above; what is no number comes last, and equals stay in order", () => {
    expect(rankMembers([0.5, 0.2, Number.NaN, 0.5, Number.POSITIVE_INFINITY], "val_loss")).toEqual([1, 0, 3, 2, 4]);
    expect(rankMembers([0.5, 0.2, Number.NaN, 0.9], "val_accuracy")).toEqual([3, 0, 1, 2]);
  });

  test("at least one member is replaced, and never more than half", () => {
    const counts = [2, 3, 4, 7, 8, 9].map((members) => replacedCount(members, 0.25));
    expect(counts).toEqual([1, 1, 1, 1, 2, 2]);
    expect(replacedCount(5, 0.5)).toBe(2);
  });
});

describe("decisions", () => {
  const ranges = [log, uniform];
  const values = Array.from({ length: 8 }, (_, m) => [10 ** (-m / 2), 0.8 + 0.02 * m]);
  const figures = [5, 0.4, 0.3, 0.2, 0.1, 0.6, 0.7, 4];
  const at = (interval: number, settings = {}) =>
    decide(ranges, values, figures, interval, { ...PBT_DEFAULTS, ...settings });

  test("the last quarter copies the first, and moves what it copied", () => {
    const sources = new Set<number>();
    const ways = new Set<string>();
    for (let interval = 1; interval <= 60; interval++) {
      const decisions = at(interval);
      expect(decisions.map(({ model }) => model)).toEqual([7, 0]);
      for (const { from, changes } of decisions) {
        expect([3, 4]).toContain(from);
        sources.add(from);
        expect(changes.map(({ key, before }) => [key, before])).toEqual([
          ["optimizer.lr", values[from]?.[0]],
          ["optimizer.momentum", values[from]?.[1]],
        ]);
        changes.forEach(({ how, before, after }, axis) => {
          ways.add(how);
          const range = ranges[axis] as Range;
          expect(after).toBeGreaterThanOrEqual(range.low);
          expect(after).toBeLessThanOrEqual(range.high);
          if (how !== "resample") expect(after).toBe(move(range, before, how === "up" ? 1.2 : 0.8));
        });
      }
    }
    expect([...sources].sort()).toEqual([3, 4]);
    expect([...ways].sort()).toEqual(["down", "resample", "up"]);
  });

  test("depend on the seed and the interval alone", () => {
    expect(at(3)).toEqual(at(3));
    const all = Array.from({ length: 20 }, (_, i) => JSON.stringify(at(i + 1)));
    expect(new Set(all).size).toBe(20);
    expect(at(3, { seed: 1 })).not.toEqual(at(3));
  });

  test("settings are drawn anew as often as asked for", () => {
    const ways = (resample: number) =>
      Array.from({ length: 200 }, (_, i) => at(i + 1, { resample })).flatMap((all) =>
        all.flatMap(({ changes }) => changes.map(({ how }) => how)),
      );
    expect(new Set(ways(1))).toEqual(new Set(["resample"]));
    expect(new Set(ways(0))).toEqual(new Set(["up", "down"]));
    // 800 draws: 5 deviations of sqrt(0.25 * 0.75 / 800) are 0.077.
    const share = ways(0.25).filter((how) => how === "resample").length / 800;
    expect(Math.abs(share - 0.25)).toBeLessThan(0.077);
  });

  test("a member that is as good as the best stays", () => {
    const nothing = decide([log], [[1], [0.1]], [Number.NaN, Number.NaN], 1, PBT_DEFAULTS);
    expect(nothing).toEqual([]);
  });
});

test("a value moves by the factor, by as much of a range that is no logarithm, and never out of it", () => {
  expect(move(log, 0.01, 1.2)).toBe(0.012);
  expect(move(log, 0.01, 0.8)).toBe(0.008);
  expect([move(log, 0.9, 1.2), move(log, 1.1e-4, 0.8)]).toEqual([1, 1e-4]);
  expect(move(uniform, 0.9, 1.2)).toBeCloseTo(0.938, 12);
  expect(move(uniform, 0.9, 0.8)).toBeCloseTo(0.862, 12);
  expect([move(int, 2, 1.2), move(int, 2, 0.8), move(int, 4, 1.2), move(int, 1, 0.8)]).toEqual([3, 1, 4, 1]);
});

describe("starts", () => {
  test("each of P equal parts of a range has one, in an order of its own for each range", () => {
    const starts = startValues([log, uniform], 8, 3);
    for (const [axis, range] of [log, uniform].entries()) {
      const parts = starts.map((row) => {
        const value = row[axis] as number;
        const share =
          range.scale === "log"
            ? Math.log(value / range.low) / Math.log(range.high / range.low)
            : (value - range.low) / (range.high - range.low);
        return Math.floor(8 * share);
      });
      expect(parts.toSorted()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
      expect(parts).not.toEqual(parts.toSorted());
    }
    expect(startValues([log, uniform], 8, 3)).toEqual(starts);
    expect(startValues([log, uniform], 8, 4)).not.toEqual(starts);
  });

  test("whole numbers are reached to both ends", () => {
    const all = Array.from({ length: 100 }, (_, i) => valueAt(int, i / 100));
    expect([...new Set(all)]).toEqual([1, 2, 3, 4]);
  });
});

describe("what is tuned", () => {
  const base = parseRecipe({ optimizer: { name: "momentum" }, seed: 4, dropout: 0.2 });
  const ranges = (...texts: string[]) => rangesOf(base, texts.map(parseAxis));

  test("a population of the recipe, whose members have seeds and values of their own", () => {
    const found = ranges("lr=log(1e-4,1)", "dropout=uniform(0.1,0.5)");
    const recipe = populationRecipe(base, found, [
      [0.1, 0.2],
      [0.01, 0.3],
    ]);
    expect(recipe.vary?.keys).toEqual(["seed", "optimizer.lr", "dropout"]);
    const members = expandMembers(recipe).map(({ seed, dropout, optimizer }) => [seed, optimizer.lr, dropout]);
    expect(members).toEqual([
      [4, 0.1, 0.2],
      [5, 0.01, 0.3],
    ]);
  });

  test.each<[RecipeInput, string[], string]>([
    [{}, [], "give at least one setting to tune"],
    [{}, ["lrr=log(1,2)"], 'unknown setting "lrr" (did you mean "lr"?)'],
    [{}, ["lr=0.1,0.2"], "moves inside of a range: give log(lo,hi)"],
    [{}, ["lr=log(1e-3,1,5)"], "moves inside of a range"],
    [{}, ["seed=int(1,9)"], "differ in their seeds anyway"],
    [{}, ["lr=log(1,2)", "optimizer.lr=log(1,2)"], "--vary optimizer.lr: it is given twice"],
    [{}, ["batch_size=int(10,100)"], "batch_size is the same for all members"],
    [{ optimizer: { name: "rmsprop" } }, ["momentum=uniform(0,0.9)"], "change which parts of rmsprop run"],
    [{ dropout: 0.5 }, ["dropout=uniform(0,0.5)"], "switch it off for some members"],
    [{}, ["lr=uniform(-1,1)"], "optimizer.lr: must be above 0"],
  ])("%j with %j is refused", (recipe, texts, part) => {
    const own = parseRecipe({ optimizer: { name: "momentum" }, ...recipe });
    const refusal = () => {
      const found = rangesOf(own, texts.map(parseAxis));
      populationRecipe(own, found, startValues(found, 4, 0));
    };
    expect(refusal).toThrow(RecipeError);
    expect(refusal).toThrow(part);
  });
});
