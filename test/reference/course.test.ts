import { describe, expect, test } from "vitest";
import { expectClose } from "./close.ts";
import * as course from "./course.ts";
import { finiteDifferences } from "./finiteDifferences.ts";
import { objectives } from "./objectives.ts";
import { type Hyper, referenceOptimizer } from "./optimizers.ts";

const steps = 200;
const tolerance = { relative: 1e-9, absolute: 1e-12 };

describe.each(objectives)("$name", ({ value, gradient, start, minimum }) => {
  /** The points that the optimizer, as PyTorch defines it, visits from the start: where it asks for gradients. */
  function visited(name: string, hyper: Hyper): Float64Array[] {
    const optimizer = referenceOptimizer(name);
    const x = start.slice();
    const state = optimizer.init(x.length, hyper);
    return Array.from({ length: steps }, (_, k) => {
      optimizer.step(x, gradient(x), state, hyper, k + 1);
      return x.slice();
    });
  }

  /** Compares each visited point with the textbook's, which `next` makes from step to step. */
  function expectSamePath(path: readonly Float64Array[], next: (x: Float64Array, t: number) => Float64Array): void {
    let x: Float64Array = start.slice();
    for (const [k, point] of path.entries()) {
      x = next(x, k + 1);
      expectClose(point, x, tolerance, `step ${k + 1}`);
    }
    expect(value(x)).toBeLessThan(value(start));
  }

  test("its gradient is its derivative, zero at the minimum", () => {
    const x = start.slice();
    expectClose(
      gradient(x),
      finiteDifferences(() => value(x), x),
      { relative: 1e-7 },
      "gradient",
    );
    expect([...gradient(minimum)].every((g) => Math.abs(g) === 0)).toBe(true);
  });

  test("gradient descent is sgd", () => {
    const lr = 1e-3;
    expectSamePath(visited("sgd", { lr }), (x) => course.gradientDescent(x, gradient, lr));
  });

  test("momentum with the rate inside the velocity visits the same points, at a constant rate", () => {
    const [lr, momentum] = [5e-4, 0.9];
    const v = new Float64Array(start.length);
    expectSamePath(visited("momentum", { lr, momentum }), (x) => course.momentum(x, v, gradient, lr, momentum));
  });

  test("Nesterov's look-ahead points are the points of PyTorch's form, at a constant rate", () => {
    const [lr, momentum] = [5e-4, 0.9];
    const v = new Float64Array(start.length);
    let x: Float64Array = start.slice();
    for (const [k, point] of visited("nesterov", { lr, momentum }).entries()) {
      x = course.nesterov(x, v, gradient, lr, momentum);
      expectClose(point, course.lookAhead(x, v, momentum), tolerance, `step ${k + 1}`);
    }
    expect(value(x)).toBeLessThan(value(start));
  });

  const eps = 1e-6;
  const inRoot = { eps: 0, eps_root: eps };

  test("Adagrad with eps_root is the textbook's", () => {
    const G = new Float64Array(start.length);
    expectSamePath(visited("adagrad", { lr: 0.05, ...inRoot }), (x) => course.adagrad(x, G, gradient, 0.05, eps));
  });

  test("RMSprop with eps_root is the textbook's", () => {
    const G = new Float64Array(start.length);
    const path = visited("rmsprop", { lr: 0.002, alpha: 0.9, ...inRoot });
    expectSamePath(path, (x) => course.rmsprop(x, G, gradient, 0.002, 0.9, eps));
  });

  test("Adam with eps_root is the textbook's", () => {
    const hyper = { lr: 0.002, beta1: 0.9, beta2: 0.99 };
    const [m, v] = [new Float64Array(start.length), new Float64Array(start.length)];
    expectSamePath(visited("adam", { ...hyper, ...inRoot }), (x, t) =>
      course.adam(x, m, v, gradient, { ...hyper, eps }, t),
    );
  });
});
