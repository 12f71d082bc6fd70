import { describe, expect, test } from "vitest";
import { lbfgs } from "../../src/optim/lbfgs.ts";
import type { Hyper } from "../../src/optim/optimizer.ts";
import { runTrajectory } from "../../src/optim/trajectory.ts";
import { updateStructure } from "../../src/optim/update.ts";
import { expectClose } from "../reference/close.ts";
import { quadratic, rosenbrock } from "../reference/objectives.ts";
import { type Evaluated, type LbfgsHyper, lbfgs as reference, type Wanted } from "../reference/optimizers/lbfgs.ts";
import { leastSquares } from "../reference/optimizers/lbfgsCases.ts";
import { uniform } from "../reference/random.ts";
import { useGpu } from "../support/gpu.ts";

const gpuOf = useGpu();

/** What the shader lets a loss come out too high by. */
const NOISE = 1e-6;
/** 101 parameters, rows with and without pads. */
const SHAPES = { weight: [7, 9], bias: [7], head: [3, 8], last: [7] };

type Values = (x: Float64Array, t: number) => Evaluated;

/** Runs the kernels, and the reference with the losses and gradients that the kernels had, in f32. */
async function side(
  given: Hyper,
  start: ArrayLike<number>,
  steps: number,
  values: Values,
  shapes?: Readonly<Record<string, readonly number[]>>,
) {
  const hyper = lbfgs.hyper.parse(given);
  const found: Evaluated[] = [];
  const evaluate = (x: Float32Array, t: number) => {
    const { value, gradient } = values(Float64Array.from(x), t);
    found[t] = { value: Math.fround(value), gradient: gradient.map(Math.fround) };
    return found[t] as Evaluated;
  };
  const gradient = (x: Float32Array, t: number) => evaluate(x, t).gradient;
  const loss = (x: Float32Array, t: number) => evaluate(x, t).value;
  const run = await runTrajectory(await gpuOf(), lbfgs, hyper, start, steps, gradient, shapes, loss);
  const machine = reference(Float64Array.from(start, Math.fround), hyper as unknown as LbfgsHyper, NOISE);
  machine.next();
  const wanted: Wanted[] = found.slice(1).map((one) => machine.next(one).value);
  return { ...run, wanted };
}

const reasonsOf = (wanted: readonly Wanted[], why: Wanted["why"]) => wanted.filter((one) => one.why === why).length;

// The same losses and gradients on both sides. Steps come from differences of f32 losses, and directions from sums of
// products whose terms cancel, and each goes on from where the last one led.
const BOUND = { absolute: 1e-4, relative: 1e-4 };

/** A problem of 101 parameters, from well to badly conditioned. */
const ROWS = Array.from({ length: 140 }, (_, i) => uniform(101, 300 + i).map((v, j) => v * 1.03 ** -j));
const squares: Values = (x) => leastSquares(ROWS, uniform(140, 5), x);
const of =
  ({ value, gradient }: typeof quadratic): Values =>
  (x) => ({ value: value(x), gradient: gradient(x) });

/** A bowl at a height, whose loss comes out 6e-7 of it too high at each evaluation once more, as by rounding. */
const rising: Values = (x, t) => ({ value: 50 + quadratic.value(x) + 3e-5 * t, gradient: quadratic.gradient(x) });

describe("against the reference in f64, from the same losses and gradients", () => {
  test.each([
    ["the bowl", {}, quadratic.start, 12, of(quadratic), undefined],
    ["the bowl, long first steps", { lr: 40 }, quadratic.start, 10, of(quadratic), undefined],
    ["Rosenbrock's valley", {}, rosenbrock.start, 29, of(rosenbrock), undefined],
    ["the valley, long first steps", { lr: 30 }, rosenbrock.start, 11, of(rosenbrock), undefined],
    ["the valley, one pair", { history_size: 1 }, rosenbrock.start, 20, of(rosenbrock), undefined],
    ["the valley, three pairs", { history_size: 3 }, rosenbrock.start, 28, of(rosenbrock), undefined],
    ["101 parameters", {}, new Float64Array(101), 30, squares, SHAPES],
    ["a bowl whose last falls are below its rounding", {}, quadratic.start, 12, rising, undefined],
    ["101 parameters, four pairs", { history_size: 4 }, new Float64Array(101), 30, squares, SHAPES],
    ["101 parameters, loose ends", { tolerance_grad: 1e-3 }, new Float64Array(101), 60, squares, SHAPES],
    ["101 parameters, small changes", { tolerance_change: 1e-4 }, new Float64Array(101), 60, squares, SHAPES],
  ] as const)("%s: %j", async (_, given, start, steps, values, shapes) => {
    const { params, seen, wanted } = await side(given, start, steps, values, shapes);
    for (const [k, { at }] of wanted.entries()) expectClose(params[k] ?? [], at, BOUND, `point ${k + 1}`);
    expectClose(seen ?? [], wanted.at(-1)?.accepted ?? [], BOUND, "accepted");
    expect(reasonsOf(wanted, "first")).toBeGreaterThan(2);
  });

  test("losses that are not finite, gradients of 0, and line searches that find nothing", async () => {
    const disturbed: Values = (x, t) => {
      const { value, gradient } = squares(x, t);
      if (t <= 2) return { value, gradient: gradient.fill(0) };
      if (t === 3) return { value: Number.NaN, gradient };
      if (t === 7 || t === 18) return { value: Number.POSITIVE_INFINITY, gradient };
      if (t === 12) return { value, gradient: gradient.fill(Number.NaN, 50, 51) };
      return { value: value + (t > 20 ? t : 0), gradient }; // from there on every loss is above the last
    };
    const { params, seen, wanted, state } = await side({}, uniform(101, 9), 90, disturbed, SHAPES);
    for (const [k, { at }] of wanted.entries()) expectClose(params[k] ?? [], at, BOUND, `point ${k + 1}`);
    // The start is asked for thrice more; the bracket of the pairs' direction closes, then that of the gradient's.
    expect(reasonsOf(wanted, "start")).toBe(3);
    expect(reasonsOf(wanted, "zoom")).toBeGreaterThan(4);
    expect(reasonsOf(wanted, "end")).toBeGreaterThan(40);
    expect(params.at(-1)).toEqual(seen);
    expect(Object.values(state).every((values) => values.every(Number.isFinite))).toBe(true);
  });
});

test("where it has ended, no bit changes any more", async () => {
  const { params, seen } = await side({}, quadratic.start, 20, of(quadratic));
  expect(params.slice(10)).toEqual(params.slice(10).map(() => params[9]));
  expect(seen).toEqual(params[9]);
  expect(quadratic.value(Float64Array.from(seen ?? []))).toBeLessThan(1e-9);
});

test("far fewer evaluations than any other optimizer takes steps", async () => {
  const { wanted, seen } = await side({}, rosenbrock.start, 60, of(rosenbrock));
  expect(reasonsOf(wanted, "end")).toBeGreaterThan(10);
  expect(rosenbrock.value(Float64Array.from(seen ?? []))).toBeLessThan(1e-9);
});

test("without the loss it is refused", async () => {
  const run = runTrajectory(await gpuOf(), lbfgs, lbfgs.hyper.parse({}), [1], 1, () => [1]);
  await expect(run).rejects.toThrow("lbfgs goes by the loss too: give it beside the gradient");
});

test("history_size changes what a plan holds: members of a population cannot differ in it", () => {
  const structure = (given: Hyper) => updateStructure(lbfgs, lbfgs.hyper.parse(given));
  expect(structure({ history_size: 5 })).not.toBe(structure({}));
  expect(structure({ lr: 0.5, tolerance_grad: 0, tolerance_change: 0 })).toBe(structure({}));
});
