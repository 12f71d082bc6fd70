import { z } from "zod";
import { type Clock, cosineBetween, cycledMomentum, defineSchedule, lineBetween, timing } from "./schedule.ts";

interface Course {
  readonly pct_start: number;
  readonly anneal_strategy: "cos" | "linear";
  readonly three_phase: boolean;
}

/** As torch.optim.lr_scheduler.OneCycleLR with total_steps = T; the rate's peak is the optimizer's lr unless given. */
export const oneCycle = defineSchedule({
  name: "one_cycle",
  summary: "one rise to the peak and one fall far below the start",
  formula: "max_lr / div_factor up to max_lr in pct_start T steps, then down to max_lr / div_factor / final_div_factor",
  source: "Smith and Topin 2018, Super-Convergence, https://arxiv.org/abs/1708.07120",
  parameters: z
    .strictObject({
      max_lr: z.number().positive().optional().describe("the peak; without it the scalar's own value"),
      pct_start: z.number().min(0).max(1).default(0.3).describe("share of the run that rises"),
      anneal_strategy: z.enum(["cos", "linear"]).default("cos").describe("along half a cosine, or a line"),
      div_factor: z.number().positive().default(25).describe("the peak over the start"),
      final_div_factor: z.number().positive().default(1e4).describe("the start over the end"),
      three_phase: z.boolean().default(false).describe("fall to the start in the time of the rise, then to the end"),
      ...cycledMomentum(0.85, 0.95),
      ...timing,
    })
    .refine(({ three_phase, pct_start }) => !three_phase || pct_start <= 0.5, {
      message: "must be at most 0.5 with three_phase, as rise and fall take pct_start each",
      path: ["pct_start"],
    }),
  range: ({ max_lr, div_factor, final_div_factor }, base) => {
    const points = pointsOf(max_lr ?? base, div_factor, final_div_factor);
    return [Math.min(...points), Math.max(...points)];
  },
  value: (parameters, base, clock) => {
    const points = pointsOf(parameters.max_lr ?? base, parameters.div_factor, parameters.final_div_factor);
    return follow(parameters, clock, ...points);
  },
  momentum: (parameters, clock) => {
    const { cycle_momentum, base_momentum, max_momentum } = parameters;
    return cycle_momentum ? follow(parameters, clock, max_momentum, base_momentum, max_momentum) : undefined;
  },
});

/** Start, peak and end. */
function pointsOf(peak: number, div: number, finalDiv: number): [number, number, number] {
  return [peak / div, peak, peak / div / finalDiv];
}

/**
 * The value on the way from `start` over `peak` to `end`. Phases end at times that need not be whole steps; one that ends
 * before step 0, as in a very short run, is passed over.
 */
function follow(course: Course, { t, T }: Clock, start: number, peak: number, end: number): number {
  const { pct_start, anneal_strategy, three_phase } = course;
  const anneal = anneal_strategy === "cos" ? cosineBetween : lineBetween;
  const up = pct_start * T - 1;
  const phases = three_phase
    ? [
        { until: up, from: start, to: peak },
        { until: 2 * up, from: peak, to: start },
        { until: T - 1, from: start, to: end },
      ]
    : [
        { until: up, from: start, to: peak },
        { until: T - 1, from: peak, to: end },
      ];
  let begun = 0;
  for (const { until, from, to } of phases) {
    if (t <= until) return until === begun ? to : anneal(from, to, (t - begun) / (until - begun));
    begun = until;
  }
  return end;
}
