import { describe, expect, it } from "vitest";
import { mixupShare } from "../../src/data/mixup.ts";

const COUNT = 20_000;
const draws = (alpha: number, seed = 1) => Array.from({ length: COUNT }, (_, step) => mixupShare(alpha, seed, step));

/** Largest distance of the empirical distribution from a cumulative one (Kolmogorov and Smirnov), in 1 / sqrt(n). */
function distance(values: readonly number[], cumulative: (x: number) => number): number {
  const n = values.length;
  const steps = values
    .toSorted((a, b) => a - b)
    .map((x, i) => {
      return Math.max(Math.abs(cumulative(x) - i / n), Math.abs(cumulative(x) - (i + 1) / n));
    });
  return Math.max(...steps) * Math.sqrt(n);
}

describe("shares", () => {
  it.each([0.05, 0.2, 0.5, 1, 3, 20])("of alpha %d have the moments of Beta(alpha, alpha)", (alpha) => {
    const values = draws(alpha).map((value) => value - 0.5);
    const moment = (k: number) => values.reduce((sum, value) => sum + value ** k, 0) / COUNT;
    const variance = 1 / (4 * (2 * alpha + 1));
    const fourth = (3 * variance ** 2 * (2 * alpha + 1)) / (2 * alpha + 3);
    const eighth = 2 ** -8; // at most
    // Five deviations of each mean.
    expect(Math.abs(moment(1))).toBeLessThan(5 * Math.sqrt(variance / COUNT));
    expect(Math.abs(moment(2) - variance)).toBeLessThan(5 * Math.sqrt((fourth - variance ** 2) / COUNT));
    expect(Math.abs(moment(4) - fourth)).toBeLessThan(5 * Math.sqrt(eighth / COUNT));
  });

  // Beyond 1.95 by chance once in 1,000.
  it("of alpha 1 are uniform, of 1/2 the arcsine law's, of 2 those of x^2 (3 - 2x)", () => {
    expect(distance(draws(1), (x) => x)).toBeLessThan(1.95);
    expect(distance(draws(0.5), (x) => (2 / Math.PI) * Math.asin(Math.sqrt(x)))).toBeLessThan(1.95);
    expect(distance(draws(2), (x) => x ** 2 * (3 - 2 * x))).toBeLessThan(1.95);
    expect(distance(draws(1.2), (x) => x)).toBeGreaterThan(1.95);
  });

  it("of tiny and huge alphas stay numbers", () => {
    for (const alpha of [1e-300, 1e-9, 1e-3]) {
      const values = draws(alpha).slice(0, 1000);
      expect(values.every((value) => value >= 0 && value <= 1)).toBe(true);
      const ones = values.filter((value) => value > 0.5).length;
      expect(Math.abs(ones - 500)).toBeLessThan(5 * Math.sqrt(250));
    }
    expect(draws(1e12).every((value) => Math.abs(value - 0.5) < 1e-4)).toBe(true);
  });

  it("are the same for a seed and a step, and others for others", () => {
    expect(mixupShare(0.2, 7, 11)).toBe(mixupShare(0.2, 7, 11));
    const seeds = Array.from({ length: 1000 }, (_, seed) => mixupShare(1, seed, 5));
    expect(new Set([...seeds, ...draws(1, 5).slice(0, 1000)]).size).toBe(1999); // seed 5's step 5 is in both
    expect(distance(seeds, (x) => x)).toBeLessThan(1.95);
  });
});
