import { z } from "zod";
import { defineSchedule, share, timing } from "./schedule.ts";

/** As torch.optim.lr_scheduler.ConstantLR, but without a phase of its own unless asked. */
export const constant = defineSchedule({
  name: "constant",
  summary: "the value itself, after a first phase at a part of it",
  formula: "x factor for t < total_iters, then x",
  source: "torch.optim.lr_scheduler.ConstantLR",
  parameters: z.strictObject({
    factor: share("share of the value in the first phase").default(1),
    total_iters: z.number().int().min(0).default(0).describe("length of the first phase"),
    ...timing,
  }),
  range: ({ factor }, base) => [base * factor, base],
  value: ({ factor, total_iters }, base, { t }) => (t < total_iters ? base * factor : base),
});
