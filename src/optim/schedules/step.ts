import { z } from "zod";
import { decay, defineSchedule, length, timing } from "./schedule.ts";

/** As torch.optim.lr_scheduler.StepLR. */
export const step = defineSchedule({
  name: "step",
  summary: "falls by a factor at even distances",
  formula: "x gamma^floor(t / step_size)",
  source: "torch.optim.lr_scheduler.StepLR",
  parameters: z.strictObject({
    step_size: length("time from one fall to the next"),
    gamma: decay("factor of a fall").default(0.1),
    ...timing,
  }),
  range: ({ gamma }, base) => [gamma === 1 ? base : 0, base],
  value: ({ step_size, gamma }, base, { t }) => base * gamma ** Math.floor(t / step_size),
});
