import { describe, expect, test } from "vitest";
import type { Split } from "../../src/data/dataset.ts";
import { holdOut } from "../../src/data/split.ts";
import { integers } from "../reference/random.ts";

/** A split whose images hold their sample's number, so that a copy can be told from any other. */
function numbered(labels: readonly number[]): Split {
  const images = Uint8Array.from(labels.flatMap((label, sample) => [sample & 255, sample >> 8, label, 7]));
  return {
    images,
    labels: Uint8Array.from(labels),
    count: labels.length,
    width: 2,
    height: 2,
    rowBytes: 4,
    classes: 10,
  };
}

const samplesOf = ({ images, count }: Split) =>
  Array.from({ length: count }, (_, i) => (images[4 * i] as number) + 256 * (images[4 * i + 1] as number));
const countsOf = ({ labels }: Split) =>
  Array.from({ length: 10 }, (_, label) => labels.filter((own) => own === label).length);

// Class 0 is rare and class 9 frequent, in no order.
const LABELS = Array.from(integers(1000, 5, 100), (n) => Math.floor(Math.sqrt(n)));
const split = numbered(LABELS);

describe("held out samples", () => {
  const { rest, held } = holdOut(split, 170, 3);

  test("are disjoint from the rest, and both together are all", () => {
    expect([held.count, rest.count]).toEqual([170, 830]);
    const both = [...samplesOf(held), ...samplesOf(rest)].sort((a, b) => a - b);
    expect(both).toEqual(LABELS.map((_, sample) => sample));
  });

  test("are of each class in proportion", () => {
    countsOf(split).forEach((size, label) => {
      expect(Math.abs((countsOf(held)[label] as number) - 0.17 * size), `class ${label}`).toBeLessThan(1);
    });
    expect(Math.min(...countsOf(split))).toBeLessThan(Math.max(...countsOf(split)) / 5); // which shows only then
  });

  test("keep their images, labels and order", () => {
    for (const part of [held, rest]) {
      const samples = samplesOf(part);
      expect([...part.labels]).toEqual(samples.map((sample) => LABELS[sample]));
      expect(samples).toEqual(samples.toSorted((a, b) => a - b));
      expect(part).toMatchObject({ width: 2, height: 2, rowBytes: 4, classes: 10, images: { length: 4 * part.count } });
    }
  });

  test("depend on the seed alone, and are not the first ones", () => {
    expect(samplesOf(holdOut(split, 170, 3).held)).toEqual(samplesOf(held));
    expect(samplesOf(holdOut(split, 170, 4).held)).not.toEqual(samplesOf(held));
    expect(samplesOf(held).at(-1)).toBeGreaterThan(900);
  });
});

test.each([0, 1000, 1.5, -1, Number.NaN])("%d of 1000 cannot be held out", (count) => {
  expect(() => holdOut(split, count, 0)).toThrow(
    `cannot hold ${count} of 1000 samples out; give a whole number from 1`,
  );
});

test("one sample, and all but one", () => {
  expect(holdOut(split, 1, 0).held.count).toBe(1);
  expect(countsOf(holdOut(split, 999, 0).rest).reduce((sum, n) => sum + n)).toBe(1);
});
