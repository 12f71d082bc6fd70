import { z } from "zod";
import { decayRate, decoupledDecay, defineOptimizer, epsilons, learningRate, withEpsilon } from "./optimizer.ts";

/** Adan, with its authors' defaults; the betas are decay rates, as everywhere here, and 1 minus the paper's. */
export const adan = defineOptimizer({
  name: "adan",
  summary: "adam with Nesterov's momentum, read off the change between gradients",
  hyper: withEpsilon(
    z.strictObject({
      lr: learningRate(1e-3),
      beta1: decayRate(0.98, "decay rate of the average of gradients"),
      beta2: decayRate(0.92, "decay rate of the average of their changes"),
      beta3: decayRate(0.99, "decay rate of the average of squares"),
      weight_decay: decoupledDecay(0),
      ...epsilons(1e-8),
    }),
  ),
  slots: () => [{ name: "exp_avg" }, { name: "exp_avg_diff" }, { name: "exp_avg_sq" }, { name: "prev" }],
  step({ lr, beta1, beta2, beta3, weight_decay, eps, eps_root }, t) {
    // Averages start at what they first see: the first gradient, its square, and the first change, which the second step has.
    const started = t > 1 ? 1 : 0;
    const changing = t > 2 ? 1 : 0;
    return {
      lr,
      beta1: started * beta1,
      one_minus_beta1: 1 - started * beta1,
      beta2: changing * beta2,
      one_minus_beta2: started * (1 - changing * beta2),
      look_ahead: started * beta2,
      beta3: started * beta3,
      one_minus_beta3: 1 - started * beta3,
      decay: (lr * weight_decay) / (1 + lr * weight_decay),
      eps,
      eps_root,
    };
  },
});
