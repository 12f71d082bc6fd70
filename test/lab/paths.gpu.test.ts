import { expect, test } from "vitest";
import { tracePaths } from "../../src/lab/paths.ts";
import { type Point, type TestFunction, testFunctions } from "../../src/lab/testFunctions.ts";
import type { Optimizer } from "../../src/optim/optimizer.ts";
import { findOptimizer } from "../../src/optim/registry.ts";
import { useGpu } from "../support/gpu.ts";

const gpuOf = useGpu();
const [rosenbrock, , saddle] = testFunctions as [TestFunction, TestFunction, TestFunction];
const sgd = findOptimizer("sgd") as Optimizer;

/** Gradient descent as one would write it down: the start, and the place after each step. */
function descent({ start, gradient }: TestFunction, lr: number, steps: number): Point[] {
  const points: Point[] = [start];
  for (let t = 0; t < steps; t++) {
    const [x, y] = points.at(-1) as Point;
    const [dx, dy] = gradient([x, y]);
    points.push([x - lr * dx, y - lr * dy]);
  }
  return points;
}

test("a path is gradient descent's, for each function", async () => {
  const paths = await tracePaths(await gpuOf(), sgd, [rosenbrock, saddle], 20, [0.001]);
  expect(paths.map((path) => path.function)).toEqual(["rosenbrock", "saddle"]);
  for (const [i, on] of [rosenbrock, saddle].entries()) {
    const { points = [], value, ...rest } = paths[i] ?? {};
    expect(rest).toEqual({ function: on.name, optimizer: "sgd", lr: 0.001 });
    const expected = descent(on, 0.001, 20);
    expect(points).toHaveLength(21);
    // 20 roundings to f32, each of which Rosenbrock's slope carries on: well below 1e-5
    points.forEach((at, t) => {
      for (const axis of [0, 1] as const) expect(at[axis]).toBeCloseTo((expected[t] as Point)[axis], 5);
    });
    expect(value).toBe(on.value(points.at(-1) as Point));
  }
});

test("the learning rate is the one that ends lowest", async () => {
  const grid = [0.03, 0.1, 0.001];
  const [path] = await tracePaths(await gpuOf(), sgd, [saddle], 15, grid);
  const ends = grid.map((lr) => saddle.value(descent(saddle, lr, 15).at(-1) as Point));
  expect(path?.lr).toBe(grid[ends.indexOf(Math.min(...ends))]);
});

test("a path that leaves the window ends there, and is taken only where all of them leave", async () => {
  const [long, short] = [0.04, 0.001]; // the first makes longer and longer leaps over the valley
  const leaving = descent(rosenbrock, long, 5).findIndex(([x, y]) => Math.abs(x) > 2 || y < -1 || y > 3);
  expect(leaving).toBeGreaterThan(0);
  const [left] = await tracePaths(await gpuOf(), sgd, [rosenbrock], 10, [long]);
  expect(left?.leftAt).toBe(leaving);
  expect(left?.points).toHaveLength(leaving + 1);
  const [stayed] = await tracePaths(await gpuOf(), sgd, [rosenbrock], 10, [long, short]);
  expect(stayed).toMatchObject({ lr: short });
  expect(stayed?.leftAt).toBeUndefined();
});

test("a run that leaves with its last step says so", async () => {
  const [path] = await tracePaths(await gpuOf(), sgd, [rosenbrock], 1, [0.04]);
  expect(path).toMatchObject({ leftAt: 1, points: { length: 2 } });
});
