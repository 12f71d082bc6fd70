import { describe, expect, test } from "vitest";
import { type GoldenCase, parseGolden, runGolden } from "../../src/optim/golden.ts";
import { findOptimizer, optimizers } from "../../src/optim/registry.ts";
import { readGolden } from "../support/golden.ts";
import { useGpu } from "../support/gpu.ts";

const gpuOf = useGpu();
const text = new TextDecoder().decode(await readGolden("optimizers.json"));
const cases = parseGolden(text, "optimizers.json");
const covered = cases.filter(({ optimizer }) => findOptimizer(optimizer.name));

test("19 cases, of which every optimizer has one", () => {
  expect(cases).toHaveLength(19);
  expect(new Set(covered.map(({ optimizer }) => optimizer.name))).toEqual(new Set(optimizers.map(({ name }) => name)));
});

test.each(covered)("$id is within the bound of PyTorch's trajectory", async (golden) => {
  const { worst, notCovered, where } = await runGolden(await gpuOf(), golden);
  expect(notCovered).toBeUndefined();
  expect(worst, where).toBeLessThanOrEqual(1);
  expect(worst).toBeGreaterThan(0); // f32 is never f64: an exact match would mean that nothing was compared
});

test("a case of an optimizer that is not there, or with a hyper-parameter that is not, says so", async () => {
  const [golden] = cases as [GoldenCase];
  const other = await runGolden(await gpuOf(), { ...golden, optimizer: { name: "nothing" } });
  expect(other.notCovered).toBe('there is no optimizer "nothing"');
  const unknown = await runGolden(await gpuOf(), { ...golden, optimizer: { ...golden.optimizer, lrr: 1 } });
  expect(unknown.notCovered).toContain('"lrr"');
});

/** A value just outside the bound around the one given. */
const outside = (value: number) => value + 2 * (1e-6 + 1e-5 * Math.abs(value));
const replace = (values: readonly number[], i: number, change: (value: number) => number) =>
  values.map((value, k) => (k === i ? change(value) : value));

describe.each(covered)("a tampered copy of $id is caught", (golden) => {
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
    const grads = golden.grads.map((g, t) => (t === 6 ? replace(g, 3, (value) => value + 1e-3) : g));
    const { worst, where } = await runGolden(await gpuOf(), { ...golden, grads });
    expect(worst).toBeGreaterThan(1);
    expect(where).toContain("element 3");
  });

  test("a gradient that is NaN", async () => {
    const grads = golden.grads.map((g, t) => (t === 6 ? replace(g, 3, () => Number.NaN) : g));
    const { worst } = await runGolden(await gpuOf(), { ...golden, grads });
    expect(worst).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("a file that is no golden file is a named error", () => {
  const change = (changes: object) => JSON.stringify({ cases: [{ ...cases[0], ...changes }] });
  test.each([
    ["{", "f.json: cannot be read as JSON"],
    ["{}", "f.json: not a golden file of optimizers: cases"],
    ['{"cases":[]}', "f.json: not a golden file"],
    [change({ params_after: { 0: [] } }), "cases.0.params_after"],
    [change({ params_after: { 1: [1] } }), "case sgd: every gradient and result must have 37 elements"],
    [change({ params_after: {} }), "case sgd: params_after names step 0"],
    [
      change({ params_after: { 11: cases[0]?.params0 } }),
      "case sgd: params_after names step 11, but there are 10 gradients",
    ],
    [change({ grads: [] }), "cases.0.grads"],
    [change({ params0: ["a"] }), "cases.0.params0.0"],
  ])("%#", (content, message) => {
    expect(() => parseGolden(content, "f.json")).toThrow(message);
  });
});
