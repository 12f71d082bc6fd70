import { z } from "zod";
import { decayRate, decoupledDecay, defineOptimizer, epsilons, learningRate, withEpsilon } from "./optimizer.ts";

/** AdamW, as torch.optim.AdamW. */
export const adamw = defineOptimizer({
  name: "adamw",
  summary: "adam with a weight decay of its own",
  hyper: withEpsilon(
    z.strictObject({
      lr: learningRate(1e-3),
      beta1: decayRate(0.9, "decay rate of the average of gradients"),
      beta2: decayRate(0.999, "decay rate of the average of squares"),
      weight_decay: decoupledDecay(0.01),
      ...epsilons(1e-8),
    }),
  ),
  slots: () => [{ name: "exp_avg" }, { name: "exp_avg_sq" }],
  step: ({ lr, beta1, beta2, weight_decay, eps, eps_root }, t) => ({
    step_size: lr / (1 - beta1 ** t),
    beta1,
    one_minus_beta1: 1 - beta1,
    beta2,
    one_minus_beta2: 1 - beta2,
    correction2: 1 / (1 - beta2 ** t),
    decay: lr * weight_decay,
    eps,
    eps_root,
  }),
});
