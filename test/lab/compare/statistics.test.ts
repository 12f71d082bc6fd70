import { expect, test } from "vitest";
import { pairedDifference, spread, tInterval, tQuantile } from "../../../src/lab/compare/statistics.ts";

test("mean and deviation of a sample", () => {
  expect(spread([1, 2, 3])).toEqual({ mean: 2, deviation: 1 });
  expect(spread([4])).toEqual({ mean: 4, deviation: 0 });
});

// From scipy.stats.t.ppf.
test.each([
  [0.975, 1, 12.706204736432095],
  [0.975, 2, 4.302652729911275],
  [0.975, 4, 2.7764451051977987],
  [0.995, 4, 4.604094871415897],
  [0.975, 9, 2.2621571627409915],
  [0.95, 29, 1.6991270265334972],
  [0.975, 1000, 1.9623390808264078],
])("the %f quantile of Student's t with %i degrees of freedom", (p, freedom, expected) => {
  // Halving an interval ends at the f64s around; the fraction itself is good to some 1e-12.
  expect(tQuantile(p, freedom)).toBeCloseTo(expected, 8);
});

test("the median of Student's t is 0", () => {
  expect(tQuantile(0.5, 3)).toBeCloseTo(0, 12);
});

test("the interval of a mean, by hand", () => {
  // Mean 3, deviation sqrt(2.5), over sqrt(5): sqrt(0.5) * 2.7764.
  const { mean, half } = tInterval([1, 2, 3, 4, 5]);
  expect(mean).toBe(3);
  expect(half).toBeCloseTo(2.7764451052 * Math.SQRT1_2, 9);
  expect(tInterval([7])).toEqual({ mean: 7, half: Number.POSITIVE_INFINITY });
});

test("a difference is shown where the interval of the paired differences excludes 0, however far the seeds spread", () => {
  const noisy = [0.9, 0.95, 0.8, 0.99, 0.85];
  const above = noisy.map((value, i) => value + 0.01 + 0.0001 * i);
  expect(pairedDifference(above, noisy)).toEqual({
    mean: expect.closeTo(0.0102, 12),
    half: expect.closeTo((2.7764451052 * 0.0001 * Math.sqrt(2.5)) / Math.sqrt(5), 10),
    shown: true,
  });
  // The same means in another order of seeds: the pairs differ to both sides.
  expect(pairedDifference([above[4], above[0], above[1], above[2], above[3]] as number[], noisy).shown).toBe(false);
  expect(pairedDifference(noisy, noisy)).toEqual({ mean: 0, half: 0, shown: false });
  expect(pairedDifference([0.9], [0.5])).toMatchObject({ half: Number.POSITIVE_INFINITY, shown: false });
  expect(() => pairedDifference([1, 2], [1])).toThrow("2 values cannot be paired with 1");
});
