import { z } from "zod";
import { cosineBetween, defineSchedule, etaMin, length, timing } from "./schedule.ts";

/** As torch.optim.lr_scheduler.CosineAnnealingWarmRestarts. */
export const cosineRestarts = defineSchedule({
  name: "cosine_restarts",
  summary: "half cosines, each from the full value again",
  formula: "eta_min + (x - eta_min) (1 + cos(pi t_i / T_i)) / 2, with t_i since restart i and T_i = T_0 T_mult^i",
  source: "Loshchilov and Hutter 2017, SGDR, equation 5, https://arxiv.org/abs/1608.03983",
  parameters: z.strictObject({
    T_0: length("time to the first restart"),
    T_mult: z.number().int().min(1).default(1).describe("each cycle is so many times as long as the one before"),
    eta_min: etaMin,
    ...timing,
  }),
  range: ({ eta_min }, base) => [Math.min(eta_min, base), Math.max(eta_min, base)],
  value: ({ T_0, T_mult, eta_min }, base, { t }) => {
    // Whole numbers all along, so that a restart is never a step off.
    let [since, cycle] = T_mult === 1 ? [t % T_0, T_0] : [t, T_0];
    while (since >= cycle) {
      since -= cycle;
      cycle *= T_mult;
    }
    return cosineBetween(base, eta_min, since / cycle);
  },
});
