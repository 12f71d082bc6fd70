import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { courseAt } from "../../../src/optim/schedules/course.ts";
import { schedules } from "../../../src/optim/schedules/registry.ts";
import { expectClose } from "../../reference/close.ts";
import { goldenPath } from "../../reference/files.ts";
import { scheduleOf } from "./samples.ts";

interface Case {
  readonly id: string;
  readonly schedule: { readonly name: string };
  readonly lr: number;
  readonly steps: number;
  readonly values: readonly number[];
  readonly momentum?: readonly number[];
  readonly metrics?: readonly number[];
}
const { cases } = JSON.parse(readFileSync(goldenPath("schedules.json"), "utf8")) as { cases: Case[] };

// Both are f64; PyTorch multiplies step by step where we have closed forms, a rounding of 1e-16 at each of 100 steps. What
// is 0 in a closed form may be some 1e-17 there.
const BOUND = { relative: 1e-12, absolute: 1e-15 };

describe("PyTorch's values", () => {
  test.each(cases)("$id", ({ schedule: { name, ...given }, lr, steps, values, momentum, metrics }) => {
    const [schedule, parameters] = scheduleOf(name, given);
    let state = schedule.feedback?.start(parameters, lr);
    const points = values.map((_, t) => {
      const point = courseAt(schedule, parameters, lr, t, { steps, stepsPerEpoch: 10 }, state);
      const figure = metrics?.[t];
      if (state && figure !== undefined) state = schedule.feedback?.observe(parameters, state, figure);
      return point;
    });
    const of = (pick: (point: (typeof points)[number]) => number | undefined) =>
      points.map((point) => pick(point) ?? Number.NaN);
    expectClose(
      of(({ value }) => value),
      values,
      BOUND,
      "learning rate",
    );
    if (momentum) {
      expectClose(
        of((point) => point.momentum),
        momentum,
        BOUND,
        "momentum",
      );
    } else expect(points.every((point) => point.momentum === undefined)).toBe(true);
  });

  test("are there for every schedule that PyTorch 1.13 has", () => {
    const covered = new Set(cases.map(({ schedule }) => schedule.name));
    const others = schedules.map(({ name }) => name).filter((name) => !covered.has(name));
    expect(others).toEqual(["inverse_sqrt", "warmup_stable_decay"]);
    for (const { id, values } of cases) expect(new Set(values).size, id).toBeGreaterThan(1);
  });
});
