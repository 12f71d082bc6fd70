import { describe, expect, test } from "vitest";
import { networkArena, parametersOf, updateWork, wrapperWork } from "../../src/lab/updateWork.ts";
import type { Optimizer, Site } from "../../src/optim/optimizer.ts";
import { findOptimizer, optimizers } from "../../src/optim/registry.ts";

const site: Site = { arena: networkArena(50_000), members: 1, groups: 1, quadsPerThread: 1 };
const bytesOf = (name: string) => updateWork(findOptimizer(name) as Optimizer, site).bytes;

test.each([1000, 100_000, 1_000_000, 10_000_000])("a network of about %i parameters", (parameters) => {
  const arena = networkArena(parameters);
  expect(arena.tensors.map(({ rows, columns }) => [rows, columns]).slice(1, 2)).toEqual([[1, arena.tensors[0]?.rows]]);
  // Widths are multiples of 4, and at least 4: by two of them, the count is off by at most 2 (2 width + 796).
  const width = arena.tensors[0]?.rows as number;
  expect(Math.abs(parametersOf(arena) - parameters)).toBeLessThanOrEqual(Math.max(2 * (2 * width + 796), 4000));
});

describe("bytes a parameter", () => {
  // Gradient, parameter and each slot are read, the latter two written: 4 bytes each.
  test.each([
    ["sgd", 8, 4],
    ["momentum", 12, 8],
    ["adam", 16, 12],
    ["amsgrad", 20, 16],
    ["adan", 24, 20],
  ])("%s reads %i and writes %i, in one pass", (name, read, written) => {
    expect(bytesOf(name)).toEqual({ read, written, moved: read + written });
  });

  test("sums over tensors take a pass more", () => {
    expect(bytesOf("lars")).toEqual({ read: 12, written: 8, moved: 8 + 20 }); // x, g; then all
    expect(bytesOf("lamb")).toEqual({ read: 16, written: 12, moved: 24 + 16 }); // m and v are new after the first pass
    expect(bytesOf("adafactor")).toEqual({ read: 8, written: 4, moved: 4 + 8 + 12 }); // g; x, g; x, g
    const [lookahead, sam] = wrapperWork(site);
    expect(lookahead?.bytes).toEqual({ read: 8, written: 8, moved: 16 });
    expect(sam?.bytes).toEqual({ read: 12, written: 12, moved: 4 + 16 + 8 });
  });

  test("no optimizer moves less than the least", () => {
    for (const optimizer of optimizers) {
      const { read, written, moved } = updateWork(optimizer, site).bytes;
      expect(moved, optimizer.name).toBeGreaterThanOrEqual(read + written);
    }
  });
});
