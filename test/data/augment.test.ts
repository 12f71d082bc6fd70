import { describe, expect, test } from "vitest";
import {
  type Affine,
  type Augment,
  type AugmentKey,
  drawAffine,
  drawHole,
  drawNoise,
  kindsOf,
  type Point,
  sourceOf,
} from "../../src/data/augment.ts";
import { augmentImage, bilinear } from "../../src/data/augmentImage.ts";
import { drawElastic } from "../../src/data/elastic.ts";
import { integers } from "../reference/random.ts";

const NONE: Augment = {
  shift: 0,
  rotate: 0,
  scale: 0,
  shear: 0,
  elastic: 0,
  elastic_sigma: 4,
  noise: 0,
  erase: 0,
};
const SIZE = { width: 28, height: 28 };
const STILL: Affine = { shift: [0, 0], rotate: 0, scale: 1, shear: 0 };

/** Draws of samples 0 to `count` - 1 in step 5. */
const draws = <T>(count: number, draw: (key: AugmentKey) => T): T[] =>
  Array.from({ length: count }, (_, sample) => draw({ seed: 3, step: 5, sample }));
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const meanSquare = (values: readonly number[]) => mean(values.map((value) => value * value));

test("the kinds of a setting", () => {
  expect(kindsOf(NONE)).toEqual([]);
  expect(kindsOf({ ...NONE, shear: 0.1, erase: 0.5 })).toEqual(["affine", "erase"]);
  expect(kindsOf({ ...NONE, elastic: 1, noise: 0.1 })).toEqual(["elastic", "noise"]);
});

test("without settings an image stays as it is", () => {
  const image = integers(784, 1, 256);
  expect([...augmentImage(image, SIZE, NONE, { seed: 1, step: 2, sample: 3 })]).toEqual([...image]);
});

describe("affine maps move whole pixels exactly", () => {
  const size = { width: 9, height: 7 };
  const image = integers(63, 1, 256);
  const grey = (x: number, y: number) => (x < 0 || y < 0 || x > 8 || y > 6 ? 0 : (image[y * 9 + x] as number));
  test.each<[string, Partial<Affine>, (x: number, y: number) => number]>([
    ["a shift to the right and up", { shift: [2, -3] }, (x, y) => grey(x - 2, y + 3)],
    ["half a turn", { rotate: 180 }, (x, y) => grey(8 - x, 6 - y)],
    // About the centre (4, 3): what was above is then to the right.
    ["a quarter turn, clockwise", { rotate: 90 }, (x, y) => grey(4 + (y - 3), 3 - (x - 4))],
    ["a quarter turn back", { rotate: -90 }, (x, y) => grey(4 - (y - 3), 3 + (x - 4))],
    ["double size", { scale: 2 }, (x, y) => bilinear(image, [(x + 4) / 2, (y + 3) / 2], size)],
    ["a shear of a pixel a line", { shear: 1 }, (x, y) => grey(x - (y - 3), y)],
    // First the shear, then the turn, then the shift.
    [
      "all of them",
      { shift: [1, 0], rotate: 90, shear: 1 },
      (x, y) => {
        const [dx, dy] = [y - 3, -(x - 5)];
        return grey(4 + dx - dy, 3 + dy);
      },
    ],
  ])("%s", (_, given, expected) => {
    const at = Array.from({ length: 63 }, (_, pixel): Point => [pixel % 9, Math.floor(pixel / 9)]);
    const got = at.map((place) => bilinear(image, sourceOf({ ...STILL, ...given }, place, size), size));
    expect(got).toEqual(at.map(([x, y]) => expected(x, y)));
  });
});

test("affine numbers are uniform in their ranges, on their own, and differ from step to step", () => {
  const settings = { ...NONE, shift: 2, rotate: 12, scale: 0.12, shear: 0.15 };
  const all = draws(4000, (key) => drawAffine(settings, key));
  const columns: [number, number[]][] = [
    [2, all.map(({ shift }) => shift[0])],
    [2, all.map(({ shift }) => shift[1])],
    [12, all.map(({ rotate }) => rotate)],
    [0.12, all.map(({ scale }) => scale - 1)],
    [0.15, all.map(({ shear }) => shear)],
  ];
  for (const [range, values] of columns) {
    const share = values.map((value) => value / range);
    // Four deviations of the mean of 4000, and of their variance; the largest of 4000 comes within 1 % of the end.
    expect(Math.abs(mean(share))).toBeLessThan((4 * Math.sqrt(1 / 3)) / Math.sqrt(4000));
    expect(Math.abs(meanSquare(share) - 1 / 3)).toBeLessThan((4 * Math.sqrt(4 / 45)) / Math.sqrt(4000));
    expect(Math.max(...share)).toBeGreaterThan(0.99);
    expect(Math.min(...share)).toBeLessThan(-0.99);
    expect(Math.max(...share.map(Math.abs))).toBeLessThanOrEqual(1);
  }
  for (const [i, [a, one]] of columns.entries()) {
    for (const [b, other] of columns.slice(i + 1)) {
      const correlation = mean(one.map((x, sample) => (x / a) * ((other[sample] as number) / b))) * 3;
      expect(Math.abs(correlation)).toBeLessThan(4 / Math.sqrt(4000));
    }
  }
  const key = { seed: 3, step: 5, sample: 17 };
  expect(drawAffine(settings, key)).toEqual(all[17]);
  for (const other of [
    { ...key, step: 6 },
    { ...key, seed: 4 },
    { ...key, sample: 18 },
  ]) {
    expect(drawAffine(settings, other).rotate).not.toBe(all[17]?.rotate);
  }
});

test("the elastic displacement has its deviation, and is as smooth as a Gaussian makes it", () => {
  const fields = draws(400, (key) => drawElastic({ ...NONE, elastic: 1.5, elastic_sigma: 3 }, key, SIZE));
  for (const axis of [0, 1] as const) {
    const values = fields.flatMap((field) => field.map((d) => d[axis]));
    // 784 / (4 pi sigma^2), some 7 independent places a field, and twice as many for squares: bounds of four deviations.
    expect(Math.abs(mean(values)) / 1.5).toBeLessThan(4 / Math.sqrt(2800));
    expect(Math.abs(Math.sqrt(meanSquare(values)) / 1.5 - 1)).toBeLessThan(4 * Math.sqrt(1 / 2 / 5600));
    for (const distance of [1, 3, 6, 12]) {
      const products = fields.flatMap((field) =>
        field.flatMap((d, pixel) =>
          (pixel % 28) + distance < 28 ? [d[axis] * ((field[pixel + distance] as Point)[axis] as number)] : [],
        ),
      );
      // White noise that a Gaussian of deviation s smooths correlates by exp(-d^2 / 4 s^2).
      const correlation = mean(products) / 1.5 ** 2;
      expect(Math.abs(correlation - Math.exp(-(distance ** 2) / (4 * 3 ** 2)))).toBeLessThan(0.05);
    }
  }
  const across = fields.flatMap((field) => field.map(([x, y]) => x * y));
  expect(Math.abs(mean(across)) / 1.5 ** 2).toBeLessThan(4 / Math.sqrt(5600));
});

test("noise is standard normal", () => {
  const all = draws(100, (key) => [...drawNoise(key, SIZE)]).flat();
  const moment = (power: number) => mean(all.map((value) => value ** power));
  // Four deviations of the mean of 78400 powers: of variance 1, 2, 15 and 96.
  [0, 1, 0, 3].forEach((expected, i) => {
    const variance = [1, 2, 15, 96][i] as number;
    expect(Math.abs(moment(i + 1) - expected)).toBeLessThan(4 * Math.sqrt(variance / all.length));
  });
});

test("holes come with their probability, inside the image, in the area and aspect of the paper", () => {
  const holes = draws(4000, (key) => drawHole({ ...NONE, erase: 0.25 }, key, SIZE)).flatMap((hole) => hole ?? []);
  expect(Math.abs(holes.length / 4000 - 0.25)).toBeLessThan(4 * Math.sqrt((0.25 * 0.75) / 4000));
  const sizes = holes.map(({ least, most }) => [most[0] - least[0], most[1] - least[1]] as const);
  for (const { least, most } of holes) {
    expect(Math.min(...least)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...most)).toBeLessThanOrEqual(28);
  }
  const areas = sizes.map(([w, h]) => (w * h) / 784);
  // Sides are rounded to whole pixels: by an eighth of the smallest.
  expect(Math.min(...areas)).toBeGreaterThan(0.02 * (7 / 8) ** 2);
  expect(Math.max(...areas)).toBeLessThan(0.33 * (9 / 8));
  expect(mean(areas)).toBeCloseTo((0.02 + 0.33) / 2, 1);
  const aspects = sizes.map(([w, h]) => Math.log(h / w));
  expect(Math.abs(mean(aspects))).toBeLessThan(0.1);
  expect(Math.max(...aspects)).toBeGreaterThan(Math.log(2.8));
  // Every pixel is erased now and then.
  const hits = new Uint8Array(784);
  for (const { least, most } of holes) {
    for (let y = least[1]; y < most[1]; y++) for (let x = least[0]; x < most[0]; x++) hits[y * 28 + x] = 1;
  }
  expect(Math.min(...hits)).toBeGreaterThan(0);
  expect(drawHole(NONE, { seed: 0, step: 0, sample: 0 }, SIZE)).toBeUndefined();
});
