import { expect, test } from "vitest";
import { courseAt } from "../../../src/optim/schedules/course.ts";
import { expectClose } from "../../reference/close.ts";
import { scheduleOf } from "./samples.ts";

// What PyTorch does not have, from the papers' formulas, written out here by themselves.

const BOUND = { relative: 1e-13 };
const STEPS = 200;
const steps = Array.from({ length: STEPS }, (_, i) => i);
const valuesOf = (name: string, given: object, lr: number) => {
  const [schedule, parameters] = scheduleOf(name, given);
  return steps.map((step) => courseAt(schedule, parameters, lr, step, { steps: STEPS, stepsPerEpoch: 20 }).value);
};

test("warm-up and cosine: lr (t + 1) / w, then lr (1 + cos(pi (t - w) / (T - w))) / 2", () => {
  const [lr, w] = [0.002, 10];
  const expected = steps.map((t) =>
    t < w ? (lr * (t + 1)) / w : (lr * (1 + Math.cos((Math.PI * (t - w)) / (STEPS - w)))) / 2,
  );
  expectClose(valuesOf("cosine", { warmup: w }, lr), expected, BOUND, "lr");
});

test("inverse_sqrt: Attention Is All You Need, equation 3", () => {
  // d^-0.5 min(n^-0.5, n w^-1.5), n from 1. Its climb ends at n = w, and ours after w steps, where step w has n = w.
  const [d, w] = [512, 40];
  const peak = d ** -0.5 * w ** -0.5;
  const expected = steps.map((step) => d ** -0.5 * (step < w ? (step + 1) * w ** -1.5 : step ** -0.5));
  expectClose(valuesOf("inverse_sqrt", { warmup: w }, peak), expected, BOUND, "lr");
});

test("inverse_sqrt without warm-up falls to 1 / sqrt(2) after its timescale", () => {
  const values = valuesOf("inverse_sqrt", { timescale: 50 }, 1);
  expect([values[0], values[50], values[150]]).toEqual([1, 1 / Math.sqrt(2), 0.5]);
});

test("warmup_stable_decay: stays, then falls in the last steps", () => {
  const [w, decay, least] = [20, 60, 0.25];
  const falls = {
    linear: (u: number) => 1 - u,
    cosine: (u: number) => (1 + Math.cos(Math.PI * u)) / 2,
    sqrt: (u: number) => 1 - Math.sqrt(u),
  };
  for (const [decay_type, f] of Object.entries(falls)) {
    const expected = steps.map((step) => {
      if (step < w) return (step + 1) / w;
      const left = STEPS - step;
      return left >= decay ? 1 : least + (1 - least) * f(1 - left / decay);
    });
    const given = { warmup: w, decay_steps: decay, decay_type, min_lr_ratio: least };
    expectClose(valuesOf("warmup_stable_decay", given, 1), expected, BOUND, decay_type);
  }
});

test("warmup_stable_decay falls in the last tenth of the steps after the warm-up unless told", () => {
  const values = valuesOf("warmup_stable_decay", { warmup: 100 }, 1);
  expect(values.filter((value) => value === 1)).toHaveLength(200 - 99 - 9);
  expect(values.at(-1)).toBeCloseTo(0.1, 14);
});

test("exponential rises or falls to its end value, and stays there", () => {
  const rise = steps.map((t) => Math.min(1e-6 * 1.1 ** t, 10));
  expectClose(valuesOf("exponential", { gamma: 1.1, end_value: 10 }, 1e-6), rise, BOUND, "rise");
  const fall = steps.map((t) => Math.max(0.5 * 0.9 ** t, 0.01));
  expectClose(valuesOf("exponential", { gamma: 0.9, end_value: 0.01 }, 0.5), fall, BOUND, "fall");
  expect(new Set(valuesOf("exponential", { gamma: 1, end_value: 10 }, 0.5))).toEqual(new Set([0.5]));
});

test("polynomial, exponential and step are the same curves in epochs as in steps of one epoch", () => {
  expect(valuesOf("step", { step_size: 3, by: "epoch" }, 1)[60]).toBe(valuesOf("step", { step_size: 60 }, 1)[60]);
  expect(valuesOf("exponential", { gamma: 0.5, by: "epoch" }, 1)[199]).toBe(0.5 ** 9);
  expect(valuesOf("polynomial", { by: "epoch" }, 1)[199]).toBeCloseTo(0.1, 15);
});

test("a warm-up of the whole run is a climb and nothing else", () => {
  const values = valuesOf("cosine", { warmup: 400 }, 1);
  expectClose(
    values,
    steps.map((t) => (t + 1) / 400),
    BOUND,
    "lr",
  );
});

test("momentum waits at its first value while the rate warms up", () => {
  const [schedule, parameters] = scheduleOf("one_cycle", { warmup: 50, cycle_momentum: true });
  const momentum = steps.map(
    (step) => courseAt(schedule, parameters, 1, step, { steps: STEPS, stepsPerEpoch: 20 }).momentum,
  );
  expect(new Set(momentum.slice(0, 51))).toEqual(new Set([0.95]));
  expect(momentum[50 + 44]).toBe(0.85);
});
