import { expect, test } from "vitest";
import { createHistory } from "../../src/web/history.ts";

test("curves against steps, epochs and seconds", () => {
  const history = createHistory(1);
  history.add(1, [2, 1], [0.1, 0.1], 4);
  history.add(3, [0.5], [0.05], 1);
  expect(history.losses("steps", 2, 0)).toMatchObject({ x: [1, 2, 3], y: [2, 1, 0.5] });
  expect(history.losses("epochs", 2, 0).x).toEqual([0.5, 1, 1.5]);
  expect(history.losses("seconds", 2, 0).x).toEqual([2, 4, 5]);
  expect(history.rates("steps", 2).y).toEqual([0.1, 0.1, 0.05]);
});

test("a population is its mean, and a band from its lowest member to its highest", () => {
  const history = createHistory(3);
  history.add(1, [1, 2, 6], [0.1], 1);
  history.evaluate(1, [1, 2, 3], [0.5, 0.7, 0.9]);
  expect(history.losses("steps", 1, 0)).toEqual({ x: [1], y: [3], least: [1], most: [6] });
  const { y, least, most } = history.accuracies("steps", 1);
  expect([y[0], least[0], most[0]]).toEqual([expect.closeTo(0.7, 12), 0.5, 0.9]);
});

test("long runs keep no more points than a chart can show, and lose nothing of their mean", () => {
  const history = createHistory(1);
  const count = 100_000;
  for (let first = 1; first <= count; first += 1000) {
    const losses = Float64Array.from({ length: 1000 }, (_, i) => first + i);
    history.add(first, losses, new Float32Array(1000), 1);
  }
  const { x, y } = history.losses("steps", 1, 0);
  expect(x.length).toBeLessThanOrEqual(800);
  expect(x.at(-1)).toBe(count);
  // Each point is the mean of the steps since the point before, and so lies between them.
  for (const [i, value] of y.entries()) {
    expect(value).toBeCloseTo(((x[i - 1] ?? 0) + 1 + (x[i] as number)) / 2, 6);
  }
});

test("smoothing is freed of its start and passes over what is no number", () => {
  const history = createHistory(1);
  history.add(1, [4, 4, Number.NaN, 4], new Float32Array(4), 1);
  expect(history.losses("steps", 1, 10).y).toEqual([4, 4, Number.NaN, expect.closeTo(4, 12)]);
});

test("a run that goes back to a checkpoint forgets what came after it", () => {
  const history = createHistory(1);
  history.add(1, [3, 2, 1], new Float32Array(3), 3);
  history.evaluate(1, [1], [0.1]);
  history.evaluate(3, [1], [0.3]);
  history.cut(2);
  expect(history.step).toBe(2);
  expect(history.seconds).toBe(2);
  expect(history.losses("steps", 1, 0).x).toEqual([1, 2]);
  expect(history.evaluations.map(({ step }) => step)).toEqual([1]);
});
