import { z } from "zod";
import { defineSchedule, length, timing } from "./schedule.ts";

/** As torch.optim.lr_scheduler.PolynomialLR, over the whole run unless told otherwise. */
export const polynomial = defineSchedule({
  name: "polynomial",
  summary: "falls to 0 along a power of the time that is left",
  formula: "x (1 - min(t, total_iters) / total_iters)^power",
  source: "torch.optim.lr_scheduler.PolynomialLR",
  parameters: z.strictObject({
    power: z.number().positive().default(1).describe("1 is a line; above 1 falls fast first"),
    total_iters: length("time of the fall; without it T").optional(),
    ...timing,
  }),
  range: (_, base) => [0, base],
  value: ({ power, total_iters }, base, { t, T }) => {
    const end = total_iters ?? T;
    return base * (1 - Math.min(t, end) / end) ** power;
  },
});
