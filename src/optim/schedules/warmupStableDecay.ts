import { z } from "zod";
import { cosineBetween, defineSchedule, length, lineBetween, share, timing } from "./schedule.ts";

const SHARE = 0.1;

/** Full rate for most of the run and a short fall at its end; `warmup` gives the climb in front. */
export const warmupStableDecay = defineSchedule({
  name: "warmup_stable_decay",
  summary: "stays at the value and falls at the very end, so that a run can be prolonged",
  formula:
    "x until t = T - decay_steps, then x (min_lr_ratio + (1 - min_lr_ratio) f(u)) with u = (t - T + decay_steps) / decay_steps",
  source:
    "Hu et al. 2024, MiniCPM, section 4, https://arxiv.org/abs/2404.06395; the fall 1 - sqrt(u): Hägele et al. 2024, " +
    "https://arxiv.org/abs/2405.18392",
  parameters: z.strictObject({
    decay_steps: length(`length of the fall; without it ${SHARE} T, at least 1`).optional(),
    decay_type: z
      .enum(["linear", "cosine", "sqrt"])
      .default("linear")
      .describe("f(u): 1 - u; (1 + cos(pi u)) / 2; 1 - sqrt(u)"),
    min_lr_ratio: share("share of the value at the end").default(0),
    ...timing,
  }),
  range: ({ min_lr_ratio }, base) => [base * min_lr_ratio, base],
  value: ({ decay_steps, decay_type, min_lr_ratio }, base, { t, T }) => {
    const steps = Math.min(T, decay_steps ?? Math.max(1, Math.round(SHARE * T)));
    const u = Math.max(0, (t - T + steps) / steps);
    if (decay_type === "cosine") return base * cosineBetween(1, min_lr_ratio, u);
    return base * lineBetween(1, min_lr_ratio, decay_type === "sqrt" ? Math.sqrt(u) : u);
  },
});
