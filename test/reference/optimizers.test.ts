import { describe, expect, test } from "vitest";
import { expectClose } from "./close.ts";
import { casesOf } from "./golden.ts";
import { type Hyper, referenceOptimizers, trajectory } from "./optimizers.ts";

const cases = casesOf(Object.keys(referenceOptimizers));

test("eleven golden cases, and every optimizer has one", () => {
  expect(cases).toHaveLength(11);
  expect(new Set(cases.map((c) => c.optimizer.name))).toEqual(new Set(Object.keys(referenceOptimizers)));
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
