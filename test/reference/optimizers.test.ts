import { describe, expect, test } from "vitest";
import { expectClose } from "./close.ts";
import { casesOf } from "./golden.ts";
import { type Hyper, referenceOptimizers, trajectory } from "./optimizers.ts";

const cases = casesOf(Object.keys(referenceOptimizers));

test("19 golden cases, and every optimizer of PyTorch has one", () => {
  expect(cases).toHaveLength(19);
  const covered = cases.map((c) => c.optimizer.name);
  expect(Object.keys(referenceOptimizers).filter((name) => !covered.includes(name))).toEqual([
    "lion",
    "adabelief",
    "adan",
    "lars",
    "lamb",
    "schedule_free_sgd",
    "schedule_free_adamw",
    "adafactor",
    "prodigy",
    "muon",
    "soap",
  ]);
});

describe.each(cases)("$id", ({ optimizer, params0, grads, params_after, state_after_last }) => {
  const { name, ...hyper } = optimizer;
  const { after, state } = trajectory(name, hyper as Hyper, params0, grads);

  test.each(Object.keys(params_after))("parameters after step %s", (step) => {
    expectClose(
      after[Number(step) - 1] ?? [],
      params_after[step] ?? [],
      { relative: 1e-12, absolute: 1e-15 },
      "params",
    );
  });

  test("state after the last step", () => {
    const kept = Object.entries(state_after_last).filter(([, value]) => Array.isArray(value));
    expect(Object.keys(state).sort()).toEqual(kept.map(([slot]) => slot).sort());
    for (const [slot, expected] of kept) {
      expectClose(state[slot] ?? [], expected as number[], { relative: 1e-12 }, slot);
    }
  });
});

// PyTorch has none of these: two or three steps of one parameter, by hand.
describe("worked by hand from the papers", () => {
  const courseOf = (name: string, hyper: Hyper, grads: readonly number[]) => {
    const { after, state } = trajectory(
      name,
      hyper,
      [1],
      grads.map((g) => [g]),
    );
    return { x: after.map(([value]) => value), state };
  };

  test("lion keeps its direction against a small gradient, and decays apart from it", () => {
    const { x, state } = courseOf("lion", { lr: 0.1, weight_decay: 0.1 }, [0.5, -0.01]);
    expect(x[0]).toBeCloseTo(1 - 0.1 * (1 + 0.1), 12);
    expect(x[1]).toBeCloseTo(0.89 - 0.1 * (1 + 0.089), 12);
    expect(state.exp_avg?.[0]).toBeCloseTo(0.99 * 0.005 - 0.01 * 0.01, 12);
  });

  test("adabelief divides by the distance from the average", () => {
    const { x } = courseOf("adabelief", { lr: 0.1, beta1: 0.5, beta2: 0.5, eps: 0, eps_root: 0 }, [2, 0]);
    // m = 1, s = 0.5, both halves of what they stand for; then m = 0.5, s = 0.375, three quarters.
    expect(x[0]).toBeCloseTo(1 - (0.1 * 2) / 1, 12);
    expect(x[1]).toBeCloseTo(0.8 - (0.1 * (0.5 / 0.75)) / Math.sqrt(0.375 / 0.75), 12);
  });

  test("adabelief adds eps_root at each step", () => {
    const { state } = courseOf("adabelief", { lr: 0.1, beta2: 0.5, eps_root: 1 }, [0, 0]);
    expect(state.exp_avg_var?.[0]).toBe(1.5);
  });

  test("adan starts its averages at what they first see", () => {
    const hyper = { lr: 0.1, beta1: 0.5, beta2: 0.5, beta3: 0.5, eps: 0 };
    const { x } = courseOf("adan", hyper, [2, 1, 0]);
    expect(x[0]).toBeCloseTo(1 - (0.1 * 2) / 2, 12); // m = 2, v = 0, n = 4
    const second = 0.9 - (0.1 * (1.5 - 0.5)) / Math.sqrt(2 + 0.5 * 0.5 ** 2); // m = 1.5, v = -1
    expect(x[1]).toBeCloseTo(second, 12);
    expect(x[2]).toBeCloseTo(second - (0.1 * (0.75 - 0.5)) / Math.sqrt(1.0625 + 0.5 * 0.5 ** 2), 12); // m = 0.75, v = -1
    expect(courseOf("adan", { ...hyper, weight_decay: 0.5 }, [2]).x[0]).toBeCloseTo(0.9 / 1.05, 12);
  });
});
