import type { EvalEvent } from "../io/runLog.ts";
import type { Hyper, Memory } from "../optim/optimizer.ts";
import { courseAt } from "../optim/schedules/course.ts";
import { findSchedule } from "../optim/schedules/registry.ts";
import type { Schedule, ScheduleState } from "../optim/schedules/schedule.ts";
import type { Member } from "./members.ts";
import { optimizerOf, type Plan } from "./plan.ts";
import { momentumOf, type ScheduleSetting } from "./scheduleField.ts";

/** What each member's schedules that listen remember, by scalar. */
export type ScheduleStates = readonly Readonly<Record<string, ScheduleState>>[];

/** The hyper-parameters of each member over a run: those of its recipe, moved by its schedules. */
export interface Hypers {
  /** Of a member at a step, counted from 0. Of steps behind the next evaluation a schedule that listens knows nothing yet. */
  at(member: number, step: number): Hyper;
  /** Tells the schedules that listen how an epoch ended, an evaluation for each member. */
  observe(evaluations: readonly EvalEvent[]): void;
  /** What they remember, or undefined where none listens. */
  states(): ScheduleStates | undefined;
  restore(states: ScheduleStates): void;
  /** What the optimizer remembers of a member's steps before `step`, counted from 0. */
  memory(member: number, step: number): Memory;
  /** Tells what it remembers of each member's steps before `step`, where a run goes on there. */
  restoreMemory(step: number, memories: readonly Memory[]): void;
  /**
   * Gives every member another learning rate in place of its recipe's from step `step` on, counted from 0: schedules move it
   * as they would have moved the first, and one that listens goes on by the same share.
   */
  setRate(lr: number, step: number): void;
  /**
   * Gives one member another's hyper-parameters in place of its own from step `step` on, counted from 0: its schedules move
   * them as they would have moved the first, and one that listens goes on by the same share.
   */
  setMember(member: number, to: Pick<Member, "optimizer" | "schedules">, step: number): void;
  /** Makes a member's hyper-parameters, and what its schedules and its optimizer remember, those of another. */
  copy(from: number, to: number, step: number): void;
}

interface Scheduled {
  readonly scalar: string;
  readonly schedule: Schedule;
  setting: ScheduleSetting;
  base: number;
  state: ScheduleState | undefined;
}

export function createHypers(plan: Plan): Hypers {
  const { otherRates = [] } = optimizerOf(plan);
  const members = plan.members.map(({ optimizer: { name: _, ...rest }, schedules }) => {
    const hyper = rest as Hyper;
    const scheduled = Object.entries(schedules).map(([scalar, setting]): Scheduled => {
      const schedule = findSchedule(setting.name) as Schedule;
      const base = Number(hyper[scalar]);
      return { scalar, schedule, setting, base, state: schedule.feedback?.start(setting, base) };
    });
    return { hyper, scheduled, momentum: momentumOf(hyper) };
  });
  const at = (m: number, step: number): Hyper => {
    const { hyper, scheduled, momentum } = members[m] as (typeof members)[number];
    if (scheduled.length === 0) return hyper;
    const moved: Record<string, number | boolean> = { ...hyper };
    for (const { scalar, schedule, setting, base, state } of scheduled) {
      const point = courseAt(schedule, setting, base, step, plan, state);
      moved[scalar] = point.value;
      if (scalar === "lr") {
        for (const rate of otherRates) {
          if (!scheduled.some((other) => other.scalar === rate))
            moved[rate] = (Number(hyper[rate]) * point.value) / base;
        }
      }
      if (momentum && point.momentum !== undefined) moved[momentum] = point.momentum;
    }
    return moved;
  };
  const remembered = createMemory(plan, at);
  return {
    at,
    memory: remembered.before,
    restoreMemory: remembered.restore,
    observe(evaluations) {
      for (const { model, step } of evaluations) remembered.settle(model, step);
      for (const evaluation of evaluations) {
        for (const entry of members[evaluation.model]?.scheduled ?? []) {
          const { schedule, setting, state } = entry;
          // An epoch that ended within the warm-up says nothing of the value itself.
          if (!schedule.feedback || !state || evaluation.step <= setting.warmup) continue;
          const figure = evaluation[schedule.feedback.monitor(setting)] ?? Number.NaN;
          entry.state = schedule.feedback.observe(setting, state, figure);
        }
      }
    },
    states() {
      const states = members.map(({ scheduled }) =>
        Object.fromEntries(scheduled.flatMap(({ scalar, state }) => (state ? [[scalar, state]] : []))),
      );
      return states.some((own) => Object.keys(own).length > 0) ? states : undefined;
    },
    restore(states) {
      members.forEach(({ scheduled }, m) => {
        for (const entry of scheduled) if (entry.state) entry.state = { ...entry.state, ...states[m]?.[entry.scalar] };
      });
    },
    setRate(lr, step) {
      members.forEach((own, m) => {
        remembered.settle(m, step);
        own.hyper = { ...own.hyper, lr };
        for (const entry of own.scheduled) if (entry.scalar === "lr") rebase(entry, lr);
      });
    },
    setMember(m, { optimizer: { name: _, ...rest }, schedules }, step) {
      remembered.settle(m, step);
      const own = members[m] as (typeof members)[number];
      own.hyper = rest as Hyper;
      for (const entry of own.scheduled) {
        rebase(entry, Number(own.hyper[entry.scalar]));
        entry.setting = schedules[entry.scalar] ?? entry.setting;
      }
    },
    copy(from, to, step) {
      const { hyper, scheduled } = members[from] as (typeof members)[number];
      Object.assign(members[to] as object, { hyper, scheduled: scheduled.map((entry) => ({ ...entry })) });
      remembered.copy(from, to, step);
    },
  };
}

/** Gives a schedule another value to move; one that listens goes on by the same share. */
function rebase(entry: Scheduled, base: number): void {
  const { value } = entry.state ?? {};
  if (value !== undefined) entry.state = { ...entry.state, value: (value * base) / entry.base };
  entry.base = base;
}

/** What the optimizer remembers, folded from step to step. */
function createMemory(plan: Plan, at: Hypers["at"]) {
  const { memory } = optimizerOf(plan);
  interface Point {
    readonly step: number;
    readonly memory: Memory;
  }
  const start: Point = { step: 0, memory: memory?.start ?? {} };
  // From the settled point on, hyper-parameters are what they were when they were used.
  const settled: Point[] = plan.members.map(() => start);
  const last: Point[] = plan.members.map(() => start);
  const before = (m: number, step: number): Memory => {
    if (!memory) return {};
    const nearest = (last[m] as Point).step <= step ? last[m] : settled[m];
    let { step: s, memory: value } = nearest as Point;
    for (; s < step; s++) value = memory.next(value, at(m, s), s + 1);
    last[m] = { step, memory: value };
    return value;
  };
  return {
    before,
    settle(m: number, step: number) {
      settled[m] = { step, memory: before(m, step) };
    },
    copy(from: number, to: number, step: number) {
      settled[to] = { step, memory: before(from, step) };
      last[to] = settled[to];
    },
    restore(step: number, memories: readonly Memory[]) {
      memories.forEach((value, m) => {
        settled[m] = { step, memory: value };
        last[m] = { step, memory: value };
      });
    },
  };
}

/** What schedules remember as JSON, which reads back to the same bits: numbers are texts, as JSON has no infinities. */
export function encodeStates(states: ScheduleStates): string {
  return JSON.stringify(states, (_, value) => (typeof value === "number" ? String(value) : value));
}

/**
 * Reads `encodeStates` back.
 * @param file names the checkpoint in errors
 */
export function decodeStates(text: string, file: string): ScheduleStates {
  const numbers = (state: object): ScheduleState =>
    Object.fromEntries(Object.entries(state).map(([name, value]) => [name, Number(value)]));
  try {
    const members = JSON.parse(text) as Record<string, object>[];
    return members.map((own) => Object.fromEntries(Object.entries(own).map(([scalar, s]) => [scalar, numbers(s)])));
  } catch (cause) {
    throw new Error(`${file}: the state of its schedules cannot be read: ${(cause as Error).message}`, { cause });
  }
}
