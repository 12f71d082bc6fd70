import { describe, expect, it } from "vitest";
import shader from "../../shaders/lib/random.wgsl?raw";
import { MAX_SEED, PURPOSE, pcg4d, purposeFor, random4, uniform01 } from "../../src/data/random.ts";

describe("pcg4d", () => {
  // Computed with Python's integers from the listing in the paper.
  it.each([
    [
      [0, 0, 0, 0],
      [251852841, 760645481, 850445371, 3542436074],
    ],
    [
      [1, 2, 3, 4],
      [908250390, 4044648920, 3775961919, 45698095],
    ],
    [
      [MAX_SEED, MAX_SEED, MAX_SEED, MAX_SEED],
      [2538526866, 3222658151, 2677364576, 2713428488],
    ],
    [
      [0x80000000, 7, 0xdeadbeef, 12345],
      [4126982010, 2641020890, 7710728, 2969255199],
    ],
  ] as const)("hashes %o", ([a, b, c, d], expected) => {
    expect(pcg4d(a, b, c, d)).toEqual(expected);
  });

  it("changes half of the upper 24 bits of each word when one bit of the key changes", () => {
    const trials = 200;
    for (let word = 0; word < 4; word++) {
      for (let bit = 0; bit < 32; bit++) {
        const changed = [0, 0, 0, 0];
        for (let trial = 0; trial < trials; trial++) {
          const key: [number, number, number, number] = [trial, 2, trial >> 3, trial * 7];
          const before = pcg4d(...key);
          key[word] = ((key[word] as number) ^ (1 << bit)) >>> 0;
          for (const [i, value] of pcg4d(...key).entries()) {
            changed[i] = (changed[i] as number) + bitCount((value ^ (before[i] as number)) >>> 8) / trials;
          }
        }
        // The hash is weaker in the uppermost bits of its key, which steps and indices do not reach.
        for (const bits of changed) expect(bits, `word ${word}, bit ${bit}`).toBeGreaterThan(bit < 25 ? 11 : 5);
      }
    }
  });
});

describe("uniform01", () => {
  it("lies in [0, 1) and is exact in f32", () => {
    expect(uniform01(0)).toBe(0);
    expect(uniform01(255)).toBe(0);
    expect(uniform01(0xffffffff)).toBe(1 - 2 ** -24);
    expect(Math.fround(uniform01(0xffffffff))).toBe(uniform01(0xffffffff));
  });

  it("is uniform over index, step, purpose and seed", () => {
    const keys: ((i: number) => [number, number, number, number])[] = [
      (i) => [0, PURPOSE.dropout, 1, i],
      (i) => [0, PURPOSE.dropout, i, 0],
      (i) => [0, purposeFor(PURPOSE.dropout, i), 0, 0],
      (i) => [i, PURPOSE.dropout, 0, 0],
    ];
    for (const key of keys) {
      for (let word = 0; word < 4; word++) {
        const cells = new Array<number>(64).fill(0);
        for (let i = 0; i < 6400; i++) {
          const cell = Math.floor(uniform01(random4(...key(i))[word] as number) * 64);
          cells[cell] = (cells[cell] as number) + 1;
        }
        const chiSquare = cells.reduce((sum, n) => sum + (n - 100) ** 2 / 100, 0);
        expect(chiSquare).toBeLessThan(115); // 63 degrees of freedom: exceeded by chance once in 17,000
      }
    }
  });
});

describe("purposes", () => {
  it("are those of the shader", () => {
    const constants = [...shader.matchAll(/^const PURPOSE_(\w+) = (\d+)u;/gm)].map(([, name, value]) => [
      name?.toLowerCase(),
      Number(value),
    ]);
    expect(Object.fromEntries(constants)).toEqual(PURPOSE);
  });

  it("differ for every layer", () => {
    expect(purposeFor(PURPOSE.dropout, 0)).toBe(PURPOSE.dropout);
    expect(purposeFor(PURPOSE.dropout, 2)).toBe(PURPOSE.dropout + 512);
    expect(purposeFor(PURPOSE.dropout, 2 ** 24 - 1)).toBe(0xffffff00 + PURPOSE.dropout);
  });
});

function bitCount(value: number): number {
  let count = 0;
  for (let rest = value >>> 0; rest > 0; rest = (rest & (rest - 1)) >>> 0) count++;
  return count;
}
