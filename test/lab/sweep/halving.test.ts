import { expect, test } from "vitest";
import { type Course, rungsOf, standingOf } from "../../../src/lab/sweep/halving.ts";
import type { Trial, TrialRecord } from "../../../src/lab/sweep/trials.ts";
import { parseRecipe } from "../../../src/train/recipe.ts";

const recipe = parseRecipe({ epochs: 9, validation: 10 });
/** Trials of a setting each, or of two. */
const trialsOf = (count: number, seeds = 1): Trial[] =>
  Array.from({ length: count * seeds }, (_, i) => ({
    ...{ key: `${i}`, setting: Math.floor(i / seeds), values: {}, recipe },
  }));
const record = (trial: Trial, epochs: number, loss: number): TrialRecord => ({
  ...{ key: trial.key, recipe: { ...recipe }, adapter: {}, version: "", kernels: "", evaluated: true, seconds: 0 },
  step: epochs,
  finished: epochs === 9,
  evaluations: Array.from({ length: epochs }, (_, i) => ({
    ...{ epoch: i + 1, step: i + 1, train_loss: 0, val_loss: loss, val_accuracy: 0 },
  })),
});
const recordsOf = (trials: readonly Trial[], epochs: number, losses: readonly number[]) =>
  new Map(trials.map((trial, i) => [trial.key, record(trial, epochs, losses[i] ?? Number.NaN)]));
const course: Course = { by: "val_loss", epochsOf: () => 9 };
const halving = { eta: 3, min_epochs: 1 };
const legsOf = ({ legs }: ReturnType<typeof standingOf>) => legs.map(({ trial, until }) => [trial.key, until]);

test("rungs are eta times as long each, up to the whole length", () => {
  expect(rungsOf(undefined, 9)).toEqual([9]);
  expect(rungsOf({ eta: 3, min_epochs: 1 }, 9)).toEqual([1, 3, 9]);
  expect(rungsOf({ eta: 2, min_epochs: 2 }, 10)).toEqual([2, 4, 8, 10]);
  expect(rungsOf({ eta: 1.1, min_epochs: 1 }, 4)).toEqual([1, 2, 3, 4]);
  expect(rungsOf({ eta: 3, min_epochs: 9 }, 9)).toEqual([9]);
});

test("without halving every trial runs to its end, and those that have do not again", () => {
  const trials = trialsOf(3);
  expect(legsOf(standingOf(trials, new Map(), course))).toEqual([
    ["0", 9],
    ["1", 9],
    ["2", 9],
  ]);
  const half = new Map([
    ["1", record(trials[1] as Trial, 9, 1)],
    ["2", record(trials[2] as Trial, 4, 1)],
  ]);
  expect(legsOf(standingOf(trials, half, course))).toEqual([
    ["0", 9],
    ["2", 9],
  ]);
});

test("a rung decides once all of its trials are there; the best third goes on", () => {
  const trials = trialsOf(9);
  const losses = [9, 8, 7, 3, 5, 4, 1, Number.NaN, 2];
  const halved = { ...course, halving };
  expect(legsOf(standingOf(trials, new Map(), halved)).every(([, until]) => until === 1)).toBe(true);
  const most = recordsOf(trials.slice(0, 8), 1, losses);
  expect(legsOf(standingOf(trials, most, halved))).toEqual([["8", 1]]);
  const all = recordsOf(trials, 1, losses);
  const second = standingOf(trials, all, halved);
  expect(legsOf(second)).toEqual([
    ["6", 3],
    ["8", 3],
    ["3", 3],
  ]);
  expect([...second.stopped]).toEqual([5, 4, 2, 1, 0, 7].map((setting) => [setting, 1]));
  for (const key of ["6", "8", "3"]) all.set(key, record(trials[Number(key)] as Trial, 3, key === "8" ? 0.1 : 1));
  const third = standingOf(trials, all, halved);
  expect(legsOf(third)).toEqual([["8", 9]]);
  expect(third.stopped.get(6)).toBe(3);
  all.set("8", record(trials[8] as Trial, 9, 0.1));
  expect(standingOf(trials, all, halved).legs).toEqual([]);
  expect(standingOf(trials, all, halved).stopped.size).toBe(8);
});

test("settings are compared by the mean of their seeds, which go on together", () => {
  const trials = trialsOf(3, 2);
  const all = recordsOf(trials, 1, [0, 10, 4, 4, 6, 6]);
  expect(legsOf(standingOf(trials, all, { ...course, halving }))).toEqual([
    ["2", 3],
    ["3", 3],
  ]);
});

test("what eta does not divide is rounded down, to one at least", () => {
  const alive = (count: number, eta: number) => {
    const trials = trialsOf(count);
    const losses = Array.from({ length: count }, (_, i) => i);
    const records = recordsOf(trials, 1, losses);
    return standingOf(trials, records, { ...course, halving: { eta, min_epochs: 1 } }).legs.length;
  };
  expect([alive(5, 2), alive(8, 3), alive(2, 3), alive(5, 1.5)]).toEqual([2, 2, 1, 3]);
});

test("equal figures leave the order as it was", () => {
  const trials = trialsOf(6);
  const standing = standingOf(trials, recordsOf(trials, 1, [1, 1, 1, 1, 1, 1]), { ...course, halving });
  expect(legsOf(standing)).toEqual([
    ["0", 3],
    ["1", 3],
  ]);
});

test("a budget leaves out what goes beyond it, whatever is done already", () => {
  const trials = trialsOf(4);
  const budget = { ...course, budget: 20 };
  const standing = standingOf(trials, new Map(), budget);
  expect(legsOf(standing)).toEqual([
    ["0", 9],
    ["1", 9],
  ]);
  expect([...standing.skipped]).toEqual([2, 3]);
  expect(standingOf(trials, recordsOf(trials.slice(0, 2), 9, [1, 1]), budget).legs).toEqual([]);
  // 4 epochs for the first rung, 2 of what is left for the second, 6 for the third.
  const halved = { ...course, halving: { eta: 2, min_epochs: 1 }, budget: 7 };
  const second = standingOf(trials, recordsOf(trials, 1, [4, 1, 2, 3]), halved);
  expect(legsOf(second)).toEqual([
    ["1", 2],
    ["2", 2],
  ]);
  const records = recordsOf(trials, 1, [4, 1, 2, 3]);
  for (const key of ["1", "2"]) records.set(key, record(trials[Number(key)] as Trial, 2, Number(key)));
  const third = standingOf(trials, records, halved);
  expect(third.legs).toEqual([]);
  expect([...third.skipped]).toEqual([1]);
});
