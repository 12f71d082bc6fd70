import { z } from "zod";
import { defineSchedule, timing } from "./schedule.ts";

/** As torch.optim.lr_scheduler.ExponentialLR; the bound is that of optax.exponential_decay. */
export const exponential = defineSchedule({
  name: "exponential",
  summary: "falls (or rises) by the same factor all the time",
  formula: "x gamma^t, no further than end_value",
  source: "torch.optim.lr_scheduler.ExponentialLR; optax.exponential_decay",
  parameters: z
    .strictObject({
      gamma: z.number().positive().describe("factor of each step (of each epoch with by=epoch)"),
      end_value: z.number().min(0).optional().describe("where it stays; a gamma above 1 needs one"),
      ...timing,
    })
    .refine(({ gamma, end_value }) => gamma <= 1 || end_value !== undefined, {
      path: ["gamma"],
      message: "must be at most 1, or end_value must say where the rise ends",
    }),
  range: ({ gamma, end_value = 0 }, base) =>
    gamma === 1 ? [base, base] : [Math.min(base, end_value), Math.max(base, end_value)],
  value: ({ gamma, end_value = 0 }, base, { t }) => {
    if (gamma === 1) return base;
    const free = base * gamma ** t;
    return gamma > 1 ? Math.min(free, end_value) : Math.max(free, end_value);
  },
});
