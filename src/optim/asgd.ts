import { z } from "zod";
import { defineOptimizer, learningRate, weightDecay } from "./optimizer.ts";

/** Averaged SGD, as torch.optim.ASGD; the average is the slot `ax`, which is evaluated once it is one. */
export const asgd = defineOptimizer({
  name: "asgd",
  summary: "gradient descent at a falling rate, with the average of its points beside it",
  hyper: z.strictObject({
    lr: learningRate(0.01),
    lambd: z.number().min(0).default(1e-4).describe("how fast the rate falls, and how much each step shrinks x"),
    alpha: z.number().min(0).default(0.75).describe("power by which the rate falls"),
    t0: z
      .number()
      .min(0)
      .default(1e6)
      .describe("step at which averaging starts; from then on the average is evaluated"),
    weight_decay: weightDecay,
  }),
  slots: () => [{ name: "ax" }],
  step({ lr, lambd, alpha, t0, weight_decay }, t) {
    const eta = lr / (1 + lambd * lr * (t - 1)) ** alpha;
    return { eta, decay: lambd * eta, mu: 1 / Math.max(1, t - 1 - t0), weight_decay };
  },
  evaluation: { values: ({ t0 }, t) => ({ averages: t - 1 - t0 > 1 ? 1 : 0 }) },
});
