import { z } from "zod";
import { defineSchedule, length, lineBetween, share, timing } from "./schedule.ts";

/** As torch.optim.lr_scheduler.LinearLR, but by default a fall to 0 over the whole run. */
export const linear = defineSchedule({
  name: "linear",
  summary: "a straight line from one share of the value to another",
  formula: "x (start_factor + (end_factor - start_factor) min(t, total_iters) / total_iters)",
  source: "torch.optim.lr_scheduler.LinearLR",
  parameters: z.strictObject({
    start_factor: share("share of the value at the start").default(1),
    end_factor: share("share of the value at the end").default(0),
    total_iters: length("time from start to end; without it T").optional(),
    ...timing,
  }),
  range: ({ start_factor, end_factor }, base) => [
    base * Math.min(start_factor, end_factor),
    base * Math.max(start_factor, end_factor),
  ],
  value: ({ start_factor, end_factor, total_iters }, base, { t, T }) => {
    const end = total_iters ?? T;
    return base * lineBetween(start_factor, end_factor, Math.min(t, end) / end);
  },
});
