import { expect, test } from "vitest";
import { type RangePoint, readRange, smoother } from "../../src/lab/lrRangeCurve.ts";

const ramp = { from: 1e-5, to: 1, steps: 251 };
const rates = Array.from({ length: ramp.steps }, (_, i) => ramp.from * (ramp.to / ramp.from) ** (i / (ramp.steps - 1)));

/** The points of a ramp whose loss is a function of log10 of the rate. */
function pointsOf(loss: (x: number) => number): RangePoint[] {
  const smooth = smoother(ramp);
  return rates.map((lr) => smooth(lr, [loss(Math.log10(lr))]));
}

test("the average is debiased, and a straight line stays where it is", () => {
  expect(pointsOf(() => 3).every(({ smoothed }) => Math.abs(smoothed - 3) < 1e-12)).toBe(true);
  // Rates and losses have the same weights: no lag.
  for (const { smoothed, smoothed_lr, lr } of pointsOf((x) => 2 - x)) {
    expect(smoothed).toBeCloseTo(2 - Math.log10(smoothed_lr), 10);
    expect(smoothed_lr).toBeLessThanOrEqual(lr * (1 + 1e-12));
  }
});

test("the weights fall to 1 / e over a fifth of a decade", () => {
  // 50 steps a decade: a fifth is 10 steps. After an impulse the undebiased sum falls by exp(-1) in 10 steps.
  const smooth = smoother(ramp);
  const values = rates.map((lr, i) => smooth(lr, [i === 100 ? 1 : 0]).smoothed);
  expect((values[220] as number) / (values[210] as number)).toBeCloseTo(Math.exp(-1), 6);
});

test("a bowl: its minimum, a tenth of it, and the steepest fall of its flank", () => {
  // Falls by a logistic curve whose middle is at 10^-3, and rises from 10^-1.5 on.
  const loss = (x: number) => 2.3 - 2 / (1 + Math.exp(-4 * (x + 3))) + (x > -1.5 ? 2 * (x + 1.5) ** 2 : 0);
  const { minimum, tenth = 0, steepest = 0 } = readRange(pointsOf(loss), ramp);
  expect(Math.log10(steepest)).toBeCloseTo(-3, 0);
  expect(Math.abs(Math.log10(steepest) + 3)).toBeLessThan(0.15);
  expect(Math.abs(Math.log10(minimum?.lr ?? 1) + 1.5)).toBeLessThan(0.25);
  expect(tenth).toBeCloseTo((minimum?.lr ?? 0) / 10, 12);
});

test("a fall behind the minimum suggests nothing", () => {
  // After a first bowl the loss jumps up, and falls from there more steeply than before, but not as low.
  const loss = (x: number) => (x < -2 ? 2 - 0.3 * (x + 5) : 9 - 5 * (x + 2));
  const points = pointsOf(loss).filter(({ lr }) => lr < 10 ** -0.7);
  const { steepest = 0, minimum } = readRange(points, ramp);
  expect(minimum?.lr).toBeLessThan(0.011);
  expect(steepest).toBeLessThan(0.011);
});

test("nothing is suggested where the loss never falls", () => {
  const { minimum, tenth, steepest } = readRange(
    pointsOf((x) => 10 + x),
    ramp,
  );
  expect([tenth, steepest]).toEqual([undefined, undefined]);
  expect(minimum?.lr).toBeCloseTo(1e-5, 12);
  expect(readRange([], ramp)).toEqual({});
});

test("several seeds: the mean, and the band of their own averages", () => {
  const point = smoother(ramp)(0.1, [1, 2, 6]);
  expect(point).toMatchObject({ loss: 3, low: 1, high: 6 });
  expect(point.smoothed).toBeCloseTo(3, 12);
});
