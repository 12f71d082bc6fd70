import { z } from "zod";
import { defineSchedule, timing } from "./schedule.ts";

/** Without a warm-up to take it from. */
const TIMESCALE = 1000;

/**
 * The Transformer's schedule. With timescale = warmup = w it is the paper's: with n = w + t steps from the run's start,
 * x sqrt(w / n) is its d^-0.5 n^-0.5 for x = (d w)^-0.5, what its climb n w^-1.5 ends at.
 */
export const inverseSqrt = defineSchedule({
  name: "inverse_sqrt",
  summary: "falls with the root of time, and needs no length of the run",
  formula: "x / sqrt(1 + t / timescale)",
  source: "Vaswani et al. 2017, Attention Is All You Need, equation 3, https://arxiv.org/abs/1706.03762",
  parameters: z.strictObject({
    timescale: z
      .number()
      .positive()
      .optional()
      .describe(
        `time until it has fallen to x / sqrt(2); without it the warm-up's length, or ${TIMESCALE} without one`,
      ),
    ...timing,
  }),
  range: (_, base) => [0, base],
  value: ({ timescale }, base, { t, warmup }) => base / Math.sqrt(1 + t / (timescale ?? (warmup || TIMESCALE))),
});
