import { describe, expect, test } from "vitest";
import { layOut } from "../../src/nn/tensors.ts";
import type { Optimizer } from "../../src/optim/optimizer.ts";
import { findOptimizer } from "../../src/optim/registry.ts";
import { runTrajectory } from "../../src/optim/trajectory.ts";
import { expectClose } from "../reference/close.ts";
import { trajectory } from "../reference/optimizers.ts";
import { uniform } from "../reference/random.ts";
import { useGpu } from "../support/gpu.ts";

const gpuOf = useGpu();
const adafactor = findOptimizer("adafactor") as Optimizer;

// Tiles have 16 rows of 16 columns, segments 64 tiles: matrices below and at a tile, beyond it by a row and by a column, and of
// more tiles than a segment.
const SHAPES = {
  below: [15, 13],
  tile: [16, 16],
  beyond: [17, 17],
  row: [1, 70],
  column: [40, 1],
  segments: [150, 110],
  vector: [300],
} as const;
const COUNT = Object.values(SHAPES).reduce((sum, shape) => sum + shape.reduce((a: number, b) => a * b, 1), 0);
const STEPS = 4;

describe("matrices of many tiles", () => {
  test("against the reference in f64, rows and columns of zero gradients among them", async () => {
    const { tensors } = layOut(SHAPES);
    expect(tensors).toHaveLength(7);
    const hyper = adafactor.hyper.parse({ lr: 0.1, weight_decay: 0.1 });
    const start = uniform(COUNT, 1);
    const gradients = Array.from({ length: STEPS }, (_, t) =>
      uniform(COUNT, 2 + t, 2).map((g, i) => (i % 7 === 0 || (i > 1500 && i < 1700) ? 0 : g)),
    );
    const run = await runTrajectory(
      await gpuOf(),
      adafactor,
      hyper,
      start,
      STEPS,
      (_, t) => gradients[t - 1] ?? [],
      SHAPES,
    );
    const { after, state } = trajectory("adafactor", hyper, start, gradients, SHAPES);
    // Sums of up to 16,500 squares in f32, each added to a partial sum: some 1e-6 of them, and half as much of their roots.
    const bound = { absolute: 2e-6, relative: 1e-5 };
    after.forEach((expected, t) => {
      expectClose(run.params[t] ?? [], expected, bound, `params after ${t + 1}`);
    });
    expect(Object.keys(run.state)).toEqual(Object.keys(state));
    for (const [name, expected] of Object.entries(state)) expectClose(run.state[name] ?? [], expected, bound, name);
  });
});
