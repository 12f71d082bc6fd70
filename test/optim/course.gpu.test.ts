import { describe, expect, test } from "vitest";
import type { Hyper, Optimizer } from "../../src/optim/optimizer.ts";
import { findOptimizer } from "../../src/optim/registry.ts";
import { runTrajectory } from "../../src/optim/trajectory.ts";
import { expectClose } from "../reference/close.ts";
import * as course from "../reference/course.ts";
import { objectives } from "../reference/objectives.ts";
import { useGpu } from "../support/gpu.ts";

// The kernels meet the optimizers as textbooks write them: learning rate inside the velocity, Nesterov's gradient at the
// look-ahead point, epsilon inside the root.

const gpuOf = useGpu();

const STEPS = 60;
// Both run in closed loop, so that a rounding of f32 comes back through the gradient, 1000 times as large where
// Rosenbrock's valley is steepest.
const BOUND = { absolute: 1e-5, relative: 1e-5 };

describe.each(objectives)("$name", ({ value, gradient, start }) => {
  /** The points that the kernels visit from the start, where they ask for gradients. */
  async function visited(name: string, hyper: Hyper): Promise<readonly Float32Array[]> {
    const optimizer = findOptimizer(name) as Optimizer;
    const at = (x: Float32Array) => gradient(Float64Array.from(x));
    return (await runTrajectory(await gpuOf(), optimizer, optimizer.hyper.parse(hyper), start, STEPS, at)).params;
  }

  /** Compares each visited point with the textbook's, which `next` makes from step to step. */
  function expectSamePath(path: readonly Float32Array[], next: (x: Float64Array, t: number) => Float64Array): void {
    let x: Float64Array = Float64Array.from(start, Math.fround);
    for (const [k, point] of path.entries()) {
      x = next(x, k + 1);
      expectClose(point, x, BOUND, `step ${k + 1}`);
    }
    expect(value(x)).toBeLessThan(value(start));
  }

  test("gradient descent is sgd", async () => {
    const lr = 1e-3;
    expectSamePath(await visited("sgd", { lr }), (x) => course.gradientDescent(x, gradient, lr));
  });

  test("momentum with the rate inside the velocity visits the same points, at a constant rate", async () => {
    const [lr, momentum] = [5e-4, 0.9];
    const v = new Float64Array(start.length);
    expectSamePath(await visited("momentum", { lr, momentum }), (x) => course.momentum(x, v, gradient, lr, momentum));
  });

  test("Nesterov's look-ahead points are the kernel's points, at a constant rate", async () => {
    const [lr, momentum] = [5e-4, 0.9];
    const v = new Float64Array(start.length);
    let x: Float64Array = Float64Array.from(start, Math.fround);
    for (const [k, point] of (await visited("nesterov", { lr, momentum })).entries()) {
      x = course.nesterov(x, v, gradient, lr, momentum);
      expectClose(point, course.lookAhead(x, v, momentum), BOUND, `step ${k + 1}`);
    }
    expect(value(x)).toBeLessThan(value(start));
  });

  const eps = 1e-6;
  const inRoot = { eps: 0, eps_root: eps };

  test("Adagrad with eps_root is the textbook's", async () => {
    const G = new Float64Array(start.length);
    expectSamePath(await visited("adagrad", { lr: 0.05, ...inRoot }), (x) => course.adagrad(x, G, gradient, 0.05, eps));
  });

  test("RMSprop with eps_root is the textbook's", async () => {
    const G = new Float64Array(start.length);
    const path = await visited("rmsprop", { lr: 0.002, alpha: 0.9, ...inRoot });
    expectSamePath(path, (x) => course.rmsprop(x, G, gradient, 0.002, 0.9, eps));
  });

  test("Adam with eps_root is the textbook's", async () => {
    const hyper = { lr: 0.002, beta1: 0.9, beta2: 0.99 };
    const [m, v] = [new Float64Array(start.length), new Float64Array(start.length)];
    expectSamePath(await visited("adam", { ...hyper, ...inRoot }), (x, t) =>
      course.adam(x, m, v, gradient, { ...hyper, eps }, t),
    );
  });
});
