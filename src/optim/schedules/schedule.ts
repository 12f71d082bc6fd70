import { z } from "zod";
import type { EvalEvent } from "../../io/runLog.ts";

/** Parameters of a schedule by name, as a recipe spells them (PyTorch's names where PyTorch has the schedule). */
export type Parameters = Readonly<Record<string, number | boolean | string | readonly number[] | undefined>> & {
  /** Steps of warm-up in front of the schedule. */
  readonly warmup: number;
  /** What the schedule counts; absent in one that does not count. */
  readonly by?: "step" | "epoch" | undefined;
};

/** Where a schedule is. It counts steps, or epochs with `by: "epoch"`, and it counts from the end of the warm-up. */
export interface Clock {
  /** From 0. */
  readonly t: number;
  /** Length of the run after the warm-up, at least 1: the last t is T - 1. */
  readonly T: number;
  /** Length of the warm-up. */
  readonly warmup: number;
}

/** What a schedule that listens remembers of the run: numbers by name, kept in checkpoints. */
export type ScheduleState = Readonly<Record<string, number>>;

/** A figure of an evaluation that a schedule may listen to. */
export type Monitor = keyof EvalEvent & ("train_loss" | "test_loss" | "test_accuracy" | "val_loss" | "val_accuracy");

/** The part of a schedule that listens to the evaluations after each epoch. */
export interface Feedback<P extends Parameters> {
  /** Which figure it wants. */
  monitor(parameters: P): Monitor;
  start(parameters: P, base: number): ScheduleState;
  /** The state after an epoch whose evaluation gave `figure`, which may be NaN. */
  observe(parameters: P, state: ScheduleState, figure: number): ScheduleState;
}

/** A schedule: the course of one scalar over a run, computed in f64 on the host. P is what its schema parses to. */
export interface Schedule<P extends Parameters = Parameters> {
  readonly name: string;
  /** One line for lists: what sets it apart. */
  readonly summary: string;
  /** In the parameters' names; x is the scalar's own value, t and T are those of `Clock`. */
  readonly formula: string;
  /** The paper, or the implementation whose values these are. */
  readonly source: string;
  /** Parameters with defaults and ranges; strict, so that a misspelt one is refused. */
  readonly parameters: z.ZodType<P>;
  /** Least and largest value over any run, so that a recipe can be checked before it runs. */
  range(parameters: P, base: number): readonly [least: number, largest: number];
  /**
   * The scalar at a time of the run.
   * @param base what the recipe gives the scalar
   * @param state of a schedule with `feedback`
   */
  value(parameters: P, base: number, clock: Clock, state?: ScheduleState): number;
  /** The course of momentum (or beta1) that goes with a learning rate's; undefined where it is not asked for. */
  momentum?(parameters: P, clock: Clock): number | undefined;
  readonly feedback?: Feedback<P>;
}

const warmup = z
  .number()
  .int()
  .min(0)
  .default(0)
  .describe("steps of a linear climb to the schedule's first value, before it starts");

/** Of a schedule that does not count time. */
export const warmupOnly = { warmup };

/** What every schedule that counts time takes beside its own parameters. */
export const timing = {
  warmup,
  by: z
    .enum(["step", "epoch"])
    .default("step")
    .describe("the unit of t, T and the parameters; with epoch the value changes once an epoch"),
};

/** A length of time. */
export const length = (what: string) => z.number().int().min(1).describe(what);

/** A factor above 0 and at most 1. */
export const decay = (what: string) => z.number().positive().max(1).describe(what);

/** A share of a value. */
export const share = (what: string) => z.number().min(0).max(1).describe(what);

/** Least value of a cosine. */
export const etaMin = z.number().min(0).default(0).describe("least value");

/** Momentum that goes against the learning rate, for schedules that rise and fall. */
export const cycledMomentum = (base: number, max: number) => ({
  cycle_momentum: z.boolean().default(false).describe("move momentum (or beta1) against the rate"),
  base_momentum: z
    .number()
    .min(0)
    .lt(1, "must be at least 0 and below 1")
    .default(base)
    .describe("momentum at the largest rate"),
  max_momentum: z
    .number()
    .min(0)
    .lt(1, "must be at least 0 and below 1")
    .default(max)
    .describe("momentum at the least rate"),
});

/** Half a cosine from `from` at u = 0 to `to` at u = 1. */
export const cosineBetween = (from: number, to: number, u: number): number =>
  to + ((from - to) * (1 + Math.cos(Math.PI * u))) / 2;

/** A straight line from `from` at u = 0 to `to` at u = 1. */
export const lineBetween = (from: number, to: number, u: number): number => from + (to - from) * u;

/** Ties a declaration's types together; the registry holds it without them. */
export function defineSchedule<P extends Parameters>(schedule: Schedule<P>): Schedule {
  return schedule as unknown as Schedule;
}
