import { describe, expect, test } from "vitest";
import { workgroupTilings } from "../../src/gpu/workgroupTiling.ts";

/** The least that WebGPU promises. */
const LEAST = {
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupSizeX: 256,
  maxComputeWorkgroupStorageSize: 16384,
};

const WIDTHS = [1, 4, 5, 10, 64, 65, 128, 784, 4096];
const ROWS = [1, 2, 7, 10, 30, 63, 64, 100, 200, 257, 1000];

describe.each(workgroupTilings(LEAST).map((tiling) => [tiling.name, tiling] as const))("%s", (_, tiling) => {
  test("keeps within the least limits and covers every output, whatever the size", () => {
    for (const rows of ROWS) {
      for (const k of WIDTHS) {
        for (const n of WIDTHS) {
          const size = { k, n, rows, input: "f32", accumulates: false } as const;
          const [k4, n4] = [Math.ceil(k / 4), Math.ceil(n / 4)];
          expectCovers(tiling.forward(size), rows, n4);
          expectCovers(tiling.backwardInput(size), rows, k4);
          expectCovers(tiling.backwardWeights(size), 4 * n4, k4 + 1);
          // Four outputs of a thread make one vec4 of the bias.
          expect(Number(tiling.backwardWeights(size).constants.ROWS) % 4).toBe(0);
        }
      }
    }
  });
});

type Kernel = ReturnType<ReturnType<typeof workgroupTilings>[number]["forward"]>;

function expectCovers({ constants, workgroups }: Kernel, rows: number, across: number): void {
  const [ROWS, QUADS, THREADS_Y, THREADS_X, SPLIT, DEPTH] = [
    constants.ROWS,
    constants.QUADS,
    constants.THREADS_Y,
    constants.THREADS_X,
    constants.SPLIT,
    constants.DEPTH,
  ].map(Number) as [number, number, number, number, number, number];
  const lanes = THREADS_Y * THREADS_X;
  expect(lanes * SPLIT).toBeLessThanOrEqual(256);
  expect(DEPTH % SPLIT).toBe(0);
  expect(Math.log2(SPLIT) % 1).toBe(0);
  // As lib/tile.wgsl counts them.
  const stage = ROWS * THREADS_Y * (DEPTH | 1) + 4 * DEPTH * ((QUADS * THREADS_X) | 1);
  expect(16 * Math.max(stage, Math.floor(SPLIT / 2) * lanes * ROWS * QUADS)).toBeLessThanOrEqual(16384);
  const [tileRows, tileQuads] = [ROWS * THREADS_Y, QUADS * THREADS_X];
  for (const [groups, tile, count] of [
    [workgroups[0], tileQuads, across],
    [workgroups[1], tileRows, rows],
  ] as const) {
    expect(groups * tile).toBeGreaterThanOrEqual(count);
    expect((groups - 1) * tile).toBeLessThan(count);
  }
}

test("rows of 100 fill their tiles", () => {
  for (const tiling of workgroupTilings(LEAST)) {
    const { constants, workgroups } = tiling.forward({ k: 784, n: 128, rows: 100, input: "u8", accumulates: false });
    expect(Number(constants.ROWS) * Number(constants.THREADS_Y) * workgroups[1]).toBe(100);
  }
});

test("an adapter with less gets what it can run", () => {
  const names = (limits: Partial<typeof LEAST>) => workgroupTilings({ ...LEAST, ...limits }).map(({ name }) => name);
  expect(names({})).toContain("workgroup-20x16");
  expect(names({ maxComputeInvocationsPerWorkgroup: 128 })).toEqual(["workgroup-10x16", "workgroup-20x32"]);
  expect(names({ maxComputeWorkgroupStorageSize: 8192 })).toEqual([]);
});
