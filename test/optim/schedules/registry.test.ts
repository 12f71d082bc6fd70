import { describe, expect, test } from "vitest";
import { z } from "zod";
import { courseAt } from "../../../src/optim/schedules/course.ts";
import { findSchedule, schedules } from "../../../src/optim/schedules/registry.ts";
import type { Parameters, Schedule } from "../../../src/optim/schedules/schedule.ts";
import { samples, scheduleOf } from "./samples.ts";

const BASE = 0.1;
const length = { steps: 120, stepsPerEpoch: 8 };

/** The values of all steps; a schedule that listens hears of no progress. */
function course(schedule: Schedule, parameters: Parameters, { steps, stepsPerEpoch } = length): number[] {
  let state = schedule.feedback?.start(parameters, BASE);
  return Array.from({ length: steps }, (_, step) => {
    if (state && step > 0 && step % stepsPerEpoch === 0) state = schedule.feedback?.observe(parameters, state, 1);
    return courseAt(schedule, parameters, BASE, step, { steps, stepsPerEpoch }, state).value;
  });
}

test("names are unique, and found", () => {
  expect(schedules.map(({ name }) => name)).toEqual([
    ...["constant", "step", "multi_step", "exponential", "polynomial", "linear", "inverse_sqrt", "cosine"],
    ...["cosine_restarts", "cyclic", "one_cycle", "warmup_stable_decay", "reduce_on_plateau"],
  ]);
  for (const schedule of schedules) expect(findSchedule(schedule.name)).toBe(schedule);
  expect(findSchedule("no such schedule")).toBeUndefined();
});

describe.each(samples)("$name $given", ({ name, given }) => {
  const [schedule, parameters] = scheduleOf(name, given);

  test("is finite and in its range, in runs of any length", () => {
    const [least, largest] = schedule.range(parameters, BASE);
    expect(least).toBeGreaterThanOrEqual(0);
    for (const steps of [1, 2, 3, 7, 120, 2500]) {
      const values = course(schedule, parameters, { steps, stepsPerEpoch: 8 });
      // A rounding beyond an end is none of the schedule's.
      expect(Math.min(...values), `${steps} steps`).toBeGreaterThanOrEqual(least * (1 - 1e-12));
      expect(Math.max(...values), `${steps} steps`).toBeLessThanOrEqual(largest * (1 + 1e-12));
      expect(values.every(Number.isFinite)).toBe(true);
    }
  });

  test("after a warm-up is itself, of a run that is shorter by it", () => {
    const warm = { ...parameters, warmup: 20 };
    const values = course(schedule, warm);
    if (!schedule.feedback) {
      const clockOf = (t: number) => ({ t, T: 100, warmup: 20 });
      const alone = Array.from({ length: 100 }, (_, t) => schedule.value(warm, BASE, clockOf(t)));
      expect(values.slice(20)).toEqual(alone);
    }
    const first = values[20] as number;
    values.slice(0, 20).forEach((value, t) => {
      expect(value).toBeCloseTo((first * (t + 1)) / 20, 15);
    });
  });
});

describe.each(samples.filter(({ name }) => name !== "reduce_on_plateau"))("$name $given", ({ name, given }) => {
  test("by epoch stays as it is within one", () => {
    const [schedule, parameters] = scheduleOf(name, given);
    const values = course(schedule, { ...parameters, by: "epoch" });
    const perStep = course(schedule, parameters, { steps: 15, stepsPerEpoch: 1 });
    values.forEach((value, step) => {
      expect(value).toBe(perStep[Math.floor(step / 8)]);
    });
  });
});

test.each([
  ["constant", {}, BASE, BASE],
  ["polynomial", {}, BASE, BASE / 120],
  ["linear", {}, BASE, BASE / 120],
  ["cosine", {}, BASE, (BASE * (1 + Math.cos((Math.PI * 119) / 120))) / 2],
  ["inverse_sqrt", { timescale: 119 / 3 }, BASE, BASE / 2],
  ["cyclic", {}, BASE / 4, BASE / 4 + ((BASE * 3) / 4) * (119 / 2000)],
  ["one_cycle", {}, BASE / 25, BASE / 25e4],
  ["one_cycle", { pct_start: 1 }, BASE / 25, BASE],
  ["warmup_stable_decay", {}, BASE, BASE / 12],
  ["reduce_on_plateau", { patience: 12 }, BASE, BASE / 10],
])("%s %j starts and ends where it should", (name, given, first, last) => {
  const values = course(...scheduleOf(name, given));
  expect(values[0]).toBeCloseTo(first, 14);
  expect(values.at(-1)).toBeCloseTo(last, 14);
});

describe.each(schedules)("$name", (schedule) => {
  const [, defaults] = scheduleOf(schedule.name);
  const { properties = {} } = z.toJSONSchema(schedule.parameters, { io: "input" }) as {
    properties?: Record<string, { description?: string; type?: string; enum?: string[] }>;
  };
  const reasonOf = (given: object) =>
    schedule.parameters
      .safeParse({ ...defaults, ...given })
      .error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`)
      .join();

  test("is described", () => {
    for (const text of [schedule.summary, schedule.formula, schedule.source]) expect(text).not.toBe("");
    for (const [name, { description }] of Object.entries(properties)) expect(description, name).toBeTruthy();
    expect(Object.keys(properties)).toContain("warmup");
    expect(schedule.parameters.parse(defaults)).toEqual(defaults);
  });

  test.each(Object.entries(properties))("%s refuses what is out of range or of another type", (name, { type }) => {
    const wrong =
      type === "boolean" ? [1, "true", null] : [-1, Number.NaN, Number.POSITIVE_INFINITY, "0.1", null, true];
    for (const given of wrong) expect(reasonOf({ [name]: given }), `${given}`).toContain(name);
  });

  test("an unknown parameter is refused by name", () => {
    expect(reasonOf({ gama: 0.1 })).toContain('"gama"');
  });
});

test.each([
  ["step", {}, "step_size"],
  ["multi_step", {}, "milestones"],
  ["multi_step", { milestones: [] }, "milestones"],
  ["multi_step", { milestones: [3, 0.5] }, "milestones"],
  ["exponential", {}, "gamma"],
  ["exponential", { gamma: 0 }, "gamma"],
  ["exponential", { gamma: 1.01 }, "gamma"],
  ["cosine_restarts", {}, "T_0"],
  ["cosine_restarts", { T_0: 5, T_mult: 1.5 }, "T_mult"],
  ["cyclic", { max_momentum: 1 }, "max_momentum"],
  ["one_cycle", { three_phase: true, pct_start: 0.6 }, "pct_start"],
  ["one_cycle", { div_factor: 0 }, "div_factor"],
  ["reduce_on_plateau", { factor: 1 }, "factor"],
  ["reduce_on_plateau", { monitor: "test_los" }, "monitor"],
])("%s %j is refused for its %s", (name, given, parameter) => {
  const issues = findSchedule(name)?.parameters.safeParse(given).error?.issues ?? [];
  expect(issues.map(({ path }) => path[0])).toContain(parameter);
});

test("one milestone needs no list", () => {
  expect(scheduleOf("multi_step", { milestones: 30 })[1].milestones).toEqual([30]);
});
