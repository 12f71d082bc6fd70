import { describe, expect, test } from "vitest";
import { averageRate, emaField, isBeforeAverage, pointsAt, swaField } from "../../src/optim/averaging.ts";

const length = { steps: 1000, stepsPerEpoch: 100 };

describe("a moving average", () => {
  test("leaves its decay, and less of it at the start", () => {
    const ema = emaField.parse({ decay: 0.9 });
    const rates = [1, 5, 79, 81, 900].map((t) => averageRate({ ema }, t, length));
    expect(rates).toEqual([9 / 11, 9 / 15, 9 / 89, 0.1, 0.1].map((rate) => expect.closeTo(rate, 12)));
    const plain = { ema: emaField.parse({ decay: 0.9, warmup: false }) };
    expect(averageRate(plain, 1, length)).toBeCloseTo(0.1, 12);
  });
});

describe("a stochastic weight average", () => {
  const pointsOf = (given: object) => {
    const swa = swaField.parse(given);
    const at = (t: number) => averageRate({ swa }, t, length);
    return Array.from({ length: length.steps }, (_, i) => i + 1).filter((t) => at(t) > 0);
  };

  test("has a point at the end of each epoch behind its start", () => {
    expect(pointsOf({})).toEqual([800, 900, 1000]);
    expect(pointsOf({ start: 0.8 })).toEqual([900, 1000]);
    expect(pointsOf({ start: 0, every: 250 })).toEqual([250, 500, 750, 1000]);
    expect(pointsOf({ start: 0.9, every: 40 })).toEqual([920, 960, 1000]);
  });

  test("is the mean of its points: the nth goes 1 / n of the way", () => {
    const swa = swaField.parse({ every: 50 });
    const values = Array.from({ length: length.steps + 1 }, (_, t) => Math.sin(t));
    let average = Number.NaN;
    const taken: number[] = [];
    for (let t = 1; t <= length.steps; t++) {
      const rate = averageRate({ swa }, t, length);
      if (rate === 0) continue;
      taken.push(values[t] as number);
      average = rate === 1 ? (values[t] as number) : average + rate * ((values[t] as number) - average);
    }
    expect(taken).toHaveLength(5);
    expect(average).toBeCloseTo(taken.reduce((sum, x) => sum + x) / 5, 12);
  });

  test("is of nothing before the first", () => {
    const swa = swaField.parse({});
    expect([0, 1, 799, 800].map((t) => isBeforeAverage({ swa }, t, length))).toEqual([true, true, true, false]);
    expect(pointsAt(swa, 799, length)).toBe(0);
  });
});
