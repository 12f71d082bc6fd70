import { z } from "zod";
import { decayRate, decoupledDecay, defineOptimizer, learningRate } from "./optimizer.ts";

/** Lion, with its authors' defaults. Its steps are longer than Adam's: a third to a tenth of Adam's lr suits it. */
export const lion = defineOptimizer({
  name: "lion",
  summary: "the sign of a momentum: steps of one size for all parameters",
  hyper: z.strictObject({
    lr: learningRate(1e-4),
    beta1: decayRate(0.9, "share of the average in the step's direction"),
    beta2: decayRate(0.99, "decay rate of the average of gradients"),
    weight_decay: decoupledDecay(0),
  }),
  slots: () => [{ name: "exp_avg" }],
  step: ({ lr, beta1, beta2, weight_decay }) => ({
    lr,
    beta1,
    one_minus_beta1: 1 - beta1,
    beta2,
    one_minus_beta2: 1 - beta2,
    decay: lr * weight_decay,
  }),
});
