import { z } from "zod";
import { decay, defineSchedule, length, timing } from "./schedule.ts";

/** As torch.optim.lr_scheduler.MultiStepLR; a milestone that is named twice counts twice. */
export const multiStep = defineSchedule({
  name: "multi_step",
  summary: "falls by a factor at given times",
  formula: "x gamma^(number of milestones <= t)",
  source: "torch.optim.lr_scheduler.MultiStepLR",
  parameters: z.strictObject({
    milestones: z
      .preprocess((given) => (typeof given === "number" ? [given] : given), z.array(length("a time")).min(1))
      .describe("times of the falls"),
    gamma: decay("factor of a fall").default(0.1),
    ...timing,
  }),
  range: ({ milestones, gamma }, base) => [base * gamma ** milestones.length, base],
  value: ({ milestones, gamma }, base, { t }) =>
    base * gamma ** milestones.filter((milestone) => milestone <= t).length,
});
