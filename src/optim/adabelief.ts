import { z } from "zod";
import { decayRate, defineOptimizer, learningRate, weightDecay, withEpsilon } from "./optimizer.ts";

/** AdaBelief, with its authors' defaults and an L2 penalty as Adam has it. */
export const adabelief = defineOptimizer({
  name: "adabelief",
  summary: "adam that steps by its belief in the gradient: how near that keeps to its average",
  hyper: withEpsilon(
    z.strictObject({
      lr: learningRate(1e-3),
      beta1: decayRate(0.9, "decay rate of the average of gradients"),
      beta2: decayRate(0.999, "decay rate of the average of squared differences from it"),
      weight_decay: weightDecay,
      eps: z.number().min(0).default(1e-16).describe("added to the root, against division by zero"),
      eps_root: z.number().min(0).default(1e-16).describe("added inside the root, at each step"),
    }),
  ),
  slots: () => [{ name: "exp_avg" }, { name: "exp_avg_var" }],
  step: ({ lr, beta1, beta2, weight_decay, eps, eps_root }, t) => ({
    step_size: lr / (1 - beta1 ** t),
    beta1,
    one_minus_beta1: 1 - beta1,
    beta2,
    one_minus_beta2: 1 - beta2,
    correction2: 1 / (1 - beta2 ** t),
    weight_decay,
    eps,
    eps_root,
  }),
});
