import { describe, expect, test } from "vitest";
import { type GoldenCase, parseGolden, runGolden } from "../../src/optim/golden.ts";
import { optimizers } from "../../src/optim/registry.ts";
import { readGolden } from "../support/golden.ts";
import { useGpu } from "../support/gpu.ts";

const gpuOf = useGpu();
const text = new TextDecoder().decode(await readGolden("optimizers.json"));
const cases = parseGolden(text, "optimizers.json");

/** Those that PyTorch does not have. */
const NOT_IN_PYTORCH = [
  "lion",
  "adabelief",
  "adan",
  "lars",
  "lamb",
  "schedule_free_sgd",
  "schedule_free_adamw",
  "prodigy",
  "muon",
  "soap",
];
/** Those that it has, of which the file has no case: lbfgs goes by the loss too, and has a file of its own. */
const WITHOUT_CASE = ["adafactor", "lbfgs"];

test("19 cases, of which every optimizer that PyTorch has has one", () => {
  expect(cases).toHaveLength(19);
  const covered = new Set(cases.map(({ optimizer }) => optimizer.name));
  const names = optimizers.map(({ name }) => name);
  expect(names.filter((name) => !covered.has(name)).sort()).toEqual([...NOT_IN_PYTORCH, ...WITHOUT_CASE].sort());
  expect([...covered].filter((name) => !names.includes(name))).toEqual([]);
});

test.each(cases)("$id is within the bound of PyTorch's trajectory", async (golden) => {
  const { worst, fault, where } = await runGolden(await gpuOf(), golden);
  expect(fault).toBeUndefined();
  expect(worst, where).toBeLessThanOrEqual(1);
  expect(worst).toBeGreaterThan(0); // f32 is never f64: an exact match would mean that nothing was compared
});

test.each([
  [{ name: "nothing" }, 'there is no optimizer "nothing"; there is sgd, momentum, '],
  [{ name: "sgd", lrr: 1 }, 'sgd: there is no "lrr"; it takes lr, weight_decay'],
  [{ name: "sgd", lr: "fast" }, "sgd: lr: must be a number; it takes lr, weight_decay"],
  [{ name: "adam", eps: 0 }, "adam: eps: eps and eps_root cannot both be 0"],
  [{ name: "lbfgs" }, "lbfgs: goes by the loss too, which such a file does not hold"],
])("a case that cannot run is a failure that says why: %j", async (optimizer, reason) => {
  const [golden] = cases as [GoldenCase];
  const { worst, fault } = await runGolden(await gpuOf(), { ...golden, optimizer });
  expect(worst).toBe(Number.POSITIVE_INFINITY);
  expect(fault?.slice(0, reason.length)).toBe(reason);
});

/** A value just outside the bound around the one given. */
const outside = (value: number) => value + 2 * (1e-6 + 1e-5 * Math.abs(value));
const replace = (values: readonly number[], i: number, change: (value: number) => number) =>
  values.map((value, k) => (k === i ? change(value) : value));

describe.each(cases)("a tampered copy of $id is caught", (golden) => {
  // Rprop takes signs only, and keeps none but the last: there the size of a gradient shows in the state alone.
  const tampered = golden.optimizer.name === "rprop" ? golden.grads.length - 1 : 6;

  test.each(Object.keys(golden.params_after))("one parameter after step %s", async (step) => {
    const params_after = { ...golden.params_after, [step]: replace(golden.params_after[step] ?? [], 11, outside) };
    const { worst, where } = await runGolden(await gpuOf(), { ...golden, params_after });
    expect(worst).toBeGreaterThan(1);
    expect(where).toBe(`params after ${step}, element 11`);
  });

  const slots = Object.entries(golden.state_after_last ?? {}).filter(([, value]) => Array.isArray(value));
  test.each(slots)("one element of %s", async (slot, values) => {
    const state_after_last = { ...golden.state_after_last, [slot]: replace(values as number[], 36, outside) };
    const { worst, where } = await runGolden(await gpuOf(), { ...golden, state_after_last });
    expect(worst).toBeGreaterThan(1);
    expect(where).toBe(`${slot}, element 36`);
  });

  test("one gradient", async () => {
    const grads = golden.grads.map((g, t) => (t === tampered ? replace(g, 3, (value) => value + 1e-3) : g));
    const { worst, where } = await runGolden(await gpuOf(), { ...golden, grads });
    expect(worst).toBeGreaterThan(1);
    expect(where).toContain("element 3");
  });

  test("a gradient that is NaN", async () => {
    const grads = golden.grads.map((g, t) => (t === tampered ? replace(g, 3, () => Number.NaN) : g));
    const { worst } = await runGolden(await gpuOf(), { ...golden, grads });
    expect(worst).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("a file that is no golden file is a named error", () => {
  const change = (changes: object) => JSON.stringify({ cases: [{ ...cases[0], ...changes }] });
  test.each([
    ["{", "f.json: cannot be read as JSON"],
    ["{}", "f.json: not a golden file of optimizers: cases"],
    ["[]", "f.json: not a golden file of optimizers: must be an object with fields; it must be an object with a list"],
    ['{"name":"x"}', "f.json: not a golden file of optimizers: cases: is missing; it must be an object with a list"],
    ['{"cases":[]}', "f.json: not a golden file of optimizers: cases: must not be empty"],
    ['{"cases":[{}]}', "f.json: not a golden file of optimizers: cases.0.id: is missing"],
    [change({ params_after: { 0: [] } }), "cases.0.params_after.0: must name a step, counted from 1"],
    [change({ params_after: { 1: [1] } }), "case sgd: every gradient and result must have 37 elements"],
    [change({ params_after: {} }), "case sgd: params_after names step 0"],
    [
      change({ params_after: { 11: cases[0]?.params0 } }),
      "case sgd: params_after names step 11, but there are 10 gradients",
    ],
    [change({ grads: [] }), "cases.0.grads: must not be empty"],
    [change({ params0: ["a"] }), "cases.0.params0.0: must be a number"],
  ])("%#", (content, message) => {
    expect(() => parseGolden(content, "f.json")).toThrow(message);
  });
});
