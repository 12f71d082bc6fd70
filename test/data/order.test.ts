import { describe, expect, it } from "vitest";
import { MAX_SAMPLES, shuffledIndex, shuffledOrder } from "../../src/data/order.ts";

const order = (seed: number, epoch: number, count: number) => shuffledOrder(seed, { count, epoch });

describe("an epoch's order", () => {
  it.each([1, 2, 3, 4, 5, 63, 64, 65, 100, 4097, 60000])("is a permutation of %i samples", (count) => {
    for (const [seed, epoch] of [
      [0, 0],
      [0xffffffff, 3],
    ] as const) {
      expect(order(seed, epoch, count).sort()).toEqual(Uint32Array.from({ length: count }, (_, i) => i));
    }
  });

  it("reaches the largest count, and stays in range and distinct there", () => {
    const start = MAX_SAMPLES - 500;
    const found = shuffledOrder(7, { count: MAX_SAMPLES, epoch: 1, start, length: 500 });
    expect(Math.max(...found)).toBeLessThan(MAX_SAMPLES);
    expect(Math.max(...found)).toBeGreaterThan(MAX_SAMPLES * 0.9);
    expect(new Set(found).size).toBe(500);
  });

  it("depends on seed and epoch", () => {
    expect(order(1, 0, 100)).toEqual(order(1, 0, 100));
    expect(order(1, 0, 100)).not.toEqual(order(2, 0, 100));
    expect(order(1, 0, 100)).not.toEqual(order(1, 1, 100));
    expect(order(1, 2, 100)).not.toEqual(order(2, 1, 100));
  });

  it("stays what it is: other numbers would change every recorded run", () => {
    expect([...order(0, 0, 10)]).toEqual([6, 5, 8, 4, 7, 1, 0, 9, 2, 3]);
    expect([...order(0, 0, 60000).slice(0, 5)]).toEqual([43766, 27852, 22403, 39469, 16210]);
  });

  it("runs on into the next epochs, each of its own length", () => {
    const epochs = [0, 1, 2].flatMap((epoch) => [...order(5, epoch, 10).slice(0, 8)]);
    const found = shuffledOrder(5, { count: 10, epochLength: 8, epoch: 0, start: 3, length: 18 });
    expect([...found]).toEqual(epochs.slice(3, 21));
    expect([...shuffledOrder(5, { count: 10, epochLength: 8, epoch: 1, start: 3 })]).toEqual(epochs.slice(11, 16));
  });

  it("refuses what lies outside it", () => {
    expect(() => shuffledIndex(0, 0, 10, 10)).toThrow("position 10 is outside an epoch of 10 samples");
    expect(() => shuffledIndex(0, 0, -1, 10)).toThrow("position -1");
    expect(() => shuffledIndex(0, 0, 0, 0)).toThrow("cannot shuffle 0 samples");
    expect(() => shuffledIndex(0, 0, 0, 2 ** 31 + 1)).toThrow("from 1 to 2147483648");
  });
});

// Bounds on chi-square: its mean plus 4 standard deviations, passed by chance about once in 5,000. The seeds are fixed.
const bound = (degrees: number) => degrees + 4 * Math.sqrt(2 * degrees);

function chiSquare(cells: Iterable<number>, kinds: number, trials: number): number {
  const expected = trials / kinds;
  let sum = 0;
  let seen = 0;
  for (const n of cells) {
    sum += (n - expected) ** 2 / expected;
    seen++;
  }
  return sum + (kinds - seen) * expected;
}

function count(keys: Iterable<string>): Map<string, number> {
  const cells = new Map<string, number>();
  for (const key of keys) cells.set(key, (cells.get(key) ?? 0) + 1);
  return cells;
}

describe("over many seeds", () => {
  it.each([
    [2, 2],
    [3, 6],
    [4, 24],
    [5, 120],
    [6, 720],
  ])("all orders of %i samples come equally often", (samples, kinds) => {
    const trials = kinds * 10;
    const cells = count(Array.from({ length: trials }, (_, seed) => order(seed, 0, samples).join()));
    expect(cells.size).toBe(kinds);
    expect(chiSquare(cells.values(), kinds, trials)).toBeLessThan(bound(kinds - 1));
  });

  it.each([
    ["the next epoch", (seed: number) => order(seed, 1, 4)],
    ["the next seed", (seed: number) => order(seed + 1, 0, 4)],
  ])("an order of 4 says nothing of that of %s", (_, other) => {
    const trials = 576 * 5;
    const pairs = Array.from({ length: trials }, (_, i) => `${order(2 * i, 0, 4).join()} ${other(2 * i).join()}`);
    expect(chiSquare(count(pairs).values(), 576, trials)).toBeLessThan(bound(575));
  });

  it("every sample stands at every position equally often", () => {
    for (const samples of [10, 16, 64]) {
      const trials = samples * 100;
      const keys = Array.from({ length: trials }, (_, seed) => [...order(seed, 2, samples)].map((s, i) => `${i} ${s}`));
      const degrees = (samples - 1) ** 2;
      expect(chiSquare(count(keys.flat()).values(), samples ** 2, trials * samples)).toBeLessThan(bound(degrees));
    }
  });

  it("no order correlates with the next epoch's, the next seed's, its own neighbours or its positions", () => {
    const trials = 300;
    const samples = 100;
    const sums = [0, 0, 0, 0];
    for (let seed = 0; seed < trials; seed++) {
      const a = order(seed, 0, samples);
      const others = [order(seed, 1, samples), order(seed + 1, 0, samples), a.map((_, i) => a[(i + 1) % samples] ?? 0)];
      for (const [i, b] of [...others, a.map((_, i) => i)].entries()) sums[i] = (sums[i] ?? 0) + correlation(a, b);
    }
    // A single correlation has standard deviation 1 / sqrt(samples - 1).
    for (const sum of sums) expect(Math.abs(sum / trials)).toBeLessThan(4 / Math.sqrt((samples - 1) * trials));
  });

  it("consecutive epochs of 60000 share no more than chance gives", () => {
    const [a, b] = [order(0, 0, 60000), order(0, 1, 60000)];
    expect(Math.abs(correlation(a, b))).toBeLessThan(4 / Math.sqrt(60000));
    expect(a.filter((sample, i) => sample === b[i]).length).toBeLessThan(6); // Poisson with mean 1
    const firstBatches = new Set([...a.slice(0, 6000), ...b.slice(0, 6000)]);
    expect(Math.abs(firstBatches.size - 11400)).toBeLessThan(4 * Math.sqrt(600 * 0.81));
  });
});

function correlation(a: Uint32Array, b: Uint32Array): number {
  const mean = (a.length - 1) / 2;
  const variance = (a.length ** 2 - 1) / 12;
  return a.reduce((sum, value, i) => sum + (value - mean) * ((b[i] ?? 0) - mean), 0) / (a.length * variance);
}
