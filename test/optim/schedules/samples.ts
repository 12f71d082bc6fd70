import { findSchedule, schedules } from "../../../src/optim/schedules/registry.ts";
import type { Parameters, Schedule } from "../../../src/optim/schedules/schedule.ts";

/** Parameters that a schedule cannot do without. */
const NEEDED: Readonly<Record<string, object>> = {
  step: { step_size: 7 },
  multi_step: { milestones: [10, 40] },
  exponential: { gamma: 0.97 },
  cosine_restarts: { T_0: 13 },
};

/** A schedule by name with its parameters, defaults filled in. Throws where they are refused. */
export function scheduleOf(name: string, given: object = {}): [Schedule, Parameters] {
  const schedule = findSchedule(name);
  if (!schedule) throw new Error(`no schedule is named "${name}"`);
  return [schedule, schedule.parameters.parse({ ...NEEDED[name], ...given })];
}

/** Every schedule with the least that it needs, and some with more. */
export const samples: readonly { readonly name: string; readonly given: object }[] = [
  ...schedules.map(({ name }) => ({ name, given: NEEDED[name] ?? {} })),
  { name: "constant", given: { factor: 0.5, total_iters: 20 } },
  { name: "exponential", given: { gamma: 1.05, end_value: 3 } },
  { name: "exponential", given: { gamma: 0.9, end_value: 0.01 } },
  { name: "linear", given: { start_factor: 0, end_factor: 1, total_iters: 30 } },
  { name: "polynomial", given: { power: 2, total_iters: 30 } },
  { name: "cosine", given: { eta_min: 0.5 } },
  { name: "cosine", given: { eta_min: 0.01, T_max: 11 } },
  { name: "cosine_restarts", given: { T_0: 3, T_mult: 2, eta_min: 0.01 } },
  { name: "cyclic", given: { step_size_up: 7, step_size_down: 3, mode: "triangular2" } },
  { name: "cyclic", given: { max_lr: 0.3, base_lr: 0.4, step_size_up: 7, mode: "exp_range", gamma: 0.9 } },
  { name: "one_cycle", given: { pct_start: 0 } },
  { name: "one_cycle", given: { pct_start: 1, final_div_factor: 0.01 } },
  { name: "one_cycle", given: { three_phase: true, anneal_strategy: "linear", max_lr: 2 } },
  { name: "one_cycle", given: { three_phase: true, pct_start: 0.5 } },
  { name: "warmup_stable_decay", given: { decay_steps: 1000, decay_type: "cosine" } },
  { name: "warmup_stable_decay", given: { decay_type: "sqrt", min_lr_ratio: 0.1 } },
];
