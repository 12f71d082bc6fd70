import { z } from "zod";
import { decayRate, defineOptimizer, learningRate, weightDecay } from "./optimizer.ts";

/** Adamax, as torch.optim.Adamax. */
export const adamax = defineOptimizer({
  name: "adamax",
  summary: "adam that divides by the largest recent gradient",
  hyper: z.strictObject({
    lr: learningRate(2e-3),
    beta1: decayRate(0.9, "decay rate of the average of gradients"),
    beta2: decayRate(0.999, "decay rate of the largest gradient"),
    weight_decay: weightDecay,
    eps: z.number().positive().default(1e-8).describe("added to a gradient's size, against division by zero"),
  }),
  slots: () => [{ name: "exp_avg" }, { name: "exp_inf" }],
  step: ({ lr, beta1, beta2, weight_decay, eps }, t) => ({
    step_size: lr / (1 - beta1 ** t),
    beta1,
    one_minus_beta1: 1 - beta1,
    beta2,
    weight_decay,
    eps,
  }),
});
