import { z } from "zod";
import { cosineBetween, defineSchedule, etaMin, length, timing } from "./schedule.ts";

/** As torch.optim.lr_scheduler.CosineAnnealingLR, over the whole run unless told otherwise. */
export const cosine = defineSchedule({
  name: "cosine",
  summary: "falls along half a cosine: slowly, fast, slowly",
  formula: "eta_min + (x - eta_min) (1 + cos(pi t / T_max)) / 2",
  source: "Loshchilov and Hutter 2017, SGDR, equation 5, https://arxiv.org/abs/1608.03983",
  parameters: z.strictObject({
    eta_min: etaMin,
    T_max: length("time to eta_min, from where it rises again; without it T").optional(),
    ...timing,
  }),
  range: ({ eta_min }, base) => [Math.min(eta_min, base), Math.max(eta_min, base)],
  value: ({ eta_min, T_max }, base, { t, T }) => cosineBetween(base, eta_min, t / (T_max ?? T)),
});
