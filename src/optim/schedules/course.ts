import type { Clock, Parameters, Schedule, ScheduleState } from "./schedule.ts";

/** The length of a run, in steps. */
export interface RunLength {
  readonly steps: number;
  readonly stepsPerEpoch: number;
}

/** What a schedule makes of a scalar at one step. */
export interface CoursePoint {
  readonly value: number;
  /** Of momentum (or beta1), where the schedule moves it too. */
  readonly momentum: number | undefined;
}

/**
 * A scheduled scalar at a step, its warm-up included: over the w steps of warm-up it climbs in a line, (step + 1) / w of
 * the schedule's first value; t and T of the schedule count from there. Its momentum waits at its own first value.
 * @param base what the recipe gives the scalar
 * @param step from 0
 * @param state of a schedule that listens
 */
export function courseAt(
  schedule: Schedule,
  parameters: Parameters,
  base: number,
  step: number,
  length: RunLength,
  state?: ScheduleState,
): CoursePoint {
  const { warmup } = parameters;
  const clock = clockAt(parameters, Math.max(0, step - warmup), length);
  const value = schedule.value(parameters, base, clock, state);
  return {
    value: step < warmup ? (value * (step + 1)) / warmup : value,
    momentum: schedule.momentum?.(parameters, clock),
  };
}

/** @param since steps since the end of the warm-up */
function clockAt({ warmup, by }: Parameters, since: number, { steps, stepsPerEpoch }: RunLength): Clock {
  const left = Math.max(1, steps - warmup);
  if (by !== "epoch") return { t: since, T: left, warmup };
  return { t: Math.floor(since / stepsPerEpoch), T: Math.ceil(left / stepsPerEpoch), warmup: warmup / stepsPerEpoch };
}
