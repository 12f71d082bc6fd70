import { describe, expect, test } from "vitest";
import { calibrationBins, calibrationError, classFigures, confusionOf } from "../../src/lab/metrics.ts";

// Ten samples of three classes, counted by hand.
const labels = [0, 0, 0, 0, 1, 1, 1, 2, 2, 2];
const winners = [0, 0, 0, 1, 1, 1, 0, 2, 2, 1];

describe("confusion", () => {
  const confusion = confusionOf(labels, winners, 3);

  test("counts the samples of a class by what they were taken for", () => {
    expect(confusion).toEqual([
      [3, 1, 0],
      [1, 2, 0],
      [0, 1, 2],
    ]);
  });

  test("gives precision, recall and F1 of each class", () => {
    const [first, second, third] = classFigures(confusion);
    expect(first).toEqual({ support: 4, precision: 3 / 4, recall: 3 / 4, f1: 3 / 4 });
    expect(second).toEqual({ support: 3, precision: 2 / 4, recall: 2 / 3, f1: 4 / 7 });
    expect(third).toEqual({ support: 3, precision: 1, recall: 2 / 3, f1: 4 / 5 });
  });

  test("a class that nothing was taken for has no precision, one without samples no recall", () => {
    const [, second, third] = classFigures(confusionOf([0, 1], [0, 2], 4));
    expect([second?.precision, second?.recall]).toEqual([Number.NaN, 0]);
    expect([third?.precision, third?.recall]).toEqual([0, Number.NaN]);
  });
});

describe("calibration", () => {
  test("bins hold their upper end, and the error weighs them by their samples", () => {
    // Four bins: (0, 1/4], (1/4, 1/2], (1/2, 3/4], (3/4, 1].
    const confidences = [0.5, 0.375, 0.625, 0.75, 0.875, 1];
    const hits = [true, false, true, true, true, false];
    const bins = calibrationBins(confidences, hits, 4);
    expect(bins.map(({ count }) => count)).toEqual([0, 2, 2, 2]);
    expect(bins[1]).toEqual({ count: 2, confidence: 0.4375, accuracy: 0.5 });
    expect(bins[3]).toEqual({ count: 2, confidence: 0.9375, accuracy: 0.5 });
    // |0.4375 - 0.5| = 0.0625, |0.6875 - 1| = 0.3125, |0.9375 - 0.5| = 0.4375; mean with equal weights.
    expect(calibrationError(bins)).toBeCloseTo((0.0625 + 0.3125 + 0.4375) / 3, 14);
  });

  test("predictions that are right as often as they say have none", () => {
    const confidences = [0.75, 0.75, 0.75, 0.75];
    expect(calibrationError(calibrationBins(confidences, [true, true, false, true]))).toBe(0);
  });

  test("there are 15 bins, 1 in the last and 0 in the first", () => {
    const bins = calibrationBins([1, 0, 1 / 15], [true, false, false]);
    expect(bins).toHaveLength(15);
    expect([bins[0]?.count, bins[14]?.count]).toEqual([2, 1]);
  });
});
