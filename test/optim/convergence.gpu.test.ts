import { describe, expect, test } from "vitest";
import { compiledCount } from "../../src/gpu/kernel.ts";
import type { Hyper, Optimizer } from "../../src/optim/optimizer.ts";
import { findOptimizer, optimizers } from "../../src/optim/registry.ts";
import { runTrajectory } from "../../src/optim/trajectory.ts";
import { type Objective, quadratic, rosenbrock } from "../reference/objectives.ts";
import { useGpu } from "../support/gpu.ts";

// Every optimizer finds the minimum of a bowl and comes down Rosenbrock's valley, from the far end of its bend.

const gpuOf = useGpu();

/** Steps, and hyper-parameters beside the defaults; a lr 7 % higher or lower does as well. */
type Course = readonly [steps: number, hyper: Hyper];

/** What may be left of the start's value at the end: nothing to speak of, and the minimum's surroundings. */
const LEFT = { quadratic: 1e-3, Rosenbrock: 1e-2 };

const COURSES: Readonly<Record<string, Readonly<Record<keyof typeof LEFT, Course>>>> = {
  sgd: { quadratic: [100, { lr: 0.05 }], Rosenbrock: [600, { lr: 0.0025 }] },
  momentum: { quadratic: [100, { lr: 0.03 }], Rosenbrock: [100, { lr: 0.002 }] },
  nesterov: { quadratic: [100, { lr: 0.03 }], Rosenbrock: [100, { lr: 0.0012, momentum: 0.95 }] },
  asgd: { quadratic: [100, { lr: 0.05 }], Rosenbrock: [600, { lr: 0.0025 }] },
  lion: { quadratic: [300, { lr: 0.02 }], Rosenbrock: [200, { lr: 0.02 }] },
  rprop: { quadratic: [100, {}], Rosenbrock: [300, {}] },
  adagrad: { quadratic: [100, { lr: 1 }], Rosenbrock: [200, { lr: 2 }] },
  rmsprop: { quadratic: [100, { lr: 1 }], Rosenbrock: [100, { lr: 0.2 }] },
  adadelta: { quadratic: [100, { rho: 0.99, eps: 1e-3 }], Rosenbrock: [300, { lr: 0.2, rho: 0.5, eps: 1e-4 }] },
  adam: { quadratic: [100, { lr: 0.3 }], Rosenbrock: [100, { lr: 0.2, beta2: 0.9 }] },
  adamw: {
    quadratic: [100, { lr: 0.3, weight_decay: 1e-3 }],
    Rosenbrock: [200, { lr: 0.5, beta2: 0.99, weight_decay: 1e-3 }],
  },
  adamax: { quadratic: [100, { lr: 0.5 }], Rosenbrock: [200, { lr: 0.1, beta2: 0.9 }] },
  amsgrad: { quadratic: [100, { lr: 0.5, beta2: 0.9 }], Rosenbrock: [200, { lr: 0.5 }] },
  nadam: { quadratic: [100, { lr: 0.2, beta2: 0.99 }], Rosenbrock: [200, { lr: 0.03, beta2: 0.9 }] },
  radam: { quadratic: [100, { lr: 0.1, beta2: 0.99 }], Rosenbrock: [300, { lr: 0.005, beta2: 0.9 }] },
  adabelief: { quadratic: [100, { lr: 0.05 }], Rosenbrock: [100, { lr: 0.2, beta2: 0.9 }] },
  adan: { quadratic: [200, { lr: 2 }], Rosenbrock: [300, { lr: 0.1 }] },
  lars: { quadratic: [300, { lr: 4 }], Rosenbrock: [600, { lr: 4 }] },
  // Its steps are a share of |x|, and the valley leads by 0: only a long memory takes it past.
  lamb: { quadratic: [100, { lr: 0.1 }], Rosenbrock: [600, { lr: 0.03, beta1: 0.97, beta2: 0.99, eps: 1 }] },
  schedule_free_sgd: {
    quadratic: [100, { lr: 0.04, beta: 0.5 }],
    Rosenbrock: [600, { lr: 0.005, beta: 0.95 }],
  },
  schedule_free_adamw: {
    quadratic: [100, { lr: 3, weight_decay: 1e-3 }],
    Rosenbrock: [200, { lr: 1, beta1: 0.95, beta2: 0.99 }],
  },
  adafactor: {
    quadratic: [100, { lr: 1, beta2_decay: 0.3 }],
    Rosenbrock: [2000, { lr: 0.05, beta2_decay: 0.5, d: 0.3, relative_step: false }],
  },
  prodigy: {
    quadratic: [200, { d0: 0.1, d_coef: 0.5 }],
    Rosenbrock: [300, { d0: 1e-3, d_coef: 0.5, beta2: 0.99 }],
  },
  // A vector goes by adamw; test/optim/muon.gpu.test.ts has a course of matrices.
  muon: {
    quadratic: [100, { adamw_lr: 0.3, beta2: 0.999 }],
    Rosenbrock: [100, { adamw_lr: 0.2, beta2: 0.9 }],
  },
  // As above; test/optim/soap.gpu.test.ts has matrices.
  soap: {
    quadratic: [100, { lr: 0.3, beta1: 0.9, beta2: 0.999, weight_decay: 0 }],
    Rosenbrock: [100, { lr: 0.2, beta1: 0.9, beta2: 0.9, weight_decay: 0 }],
  },
  // Evaluations, not all of them steps that are taken.
  lbfgs: { quadratic: [10, {}], Rosenbrock: [45, {}] },
};

const along = async (optimizer: Optimizer, hyper: Hyper, steps: number, { start, gradient, value }: Objective) =>
  runTrajectory(
    await gpuOf(),
    optimizer,
    optimizer.hyper.parse(hyper),
    start,
    steps,
    (x) => gradient(Float64Array.from(x)),
    undefined,
    (x) => value(Float64Array.from(x)),
  );

test("every optimizer has its course", () => {
  expect(Object.keys(COURSES)).toEqual(optimizers.map(({ name }) => name));
});

describe.each(Object.entries(COURSES))("%s", (name, courses) => {
  const optimizer = findOptimizer(name) as Optimizer;

  test.each([quadratic, rosenbrock])("comes to the minimum of $name", async (objective) => {
    const of = objective.name as keyof typeof LEFT;
    const [steps, hyper] = courses[of];
    const { params } = await along(optimizer, hyper, steps, objective);
    const { start, value } = objective;
    expect(value(Float64Array.from(params.at(-1) ?? []))).toBeLessThan(LEFT[of] * value(start));
  });

  test("a second run compiles nothing, with other numbers too", async () => {
    const gpu = await gpuOf();
    await along(optimizer, {}, 1, quadratic);
    const before = compiledCount(gpu);
    await along(optimizer, {}, 1, quadratic);
    const decay = Object.hasOwn(optimizer.hyper.parse({}) as Hyper, "weight_decay") ? { weight_decay: 0.1 } : {};
    await along(optimizer, { lr: 0.02, ...decay }, 1, rosenbrock);
    expect(compiledCount(gpu)).toBe(before);
  });
});
