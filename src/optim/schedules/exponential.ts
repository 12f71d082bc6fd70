import { z } from "zod";
import { decay, defineSchedule, timing } from "./schedule.ts";

/** As torch.optim.lr_scheduler.ExponentialLR. */
export const exponential = defineSchedule({
  name: "exponential",
  summary: "falls by the same factor all the time",
  formula: "x gamma^t",
  source: "torch.optim.lr_scheduler.ExponentialLR",
  parameters: z.strictObject({ gamma: decay("factor of each step (of each epoch with by=epoch)"), ...timing }),
  range: ({ gamma }, base) => [gamma === 1 ? base : 0, base],
  value: ({ gamma }, base, { t }) => base * gamma ** t,
});
