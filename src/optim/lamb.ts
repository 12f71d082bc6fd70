import { z } from "zod";
import { tensorSums } from "./lars.ts";
import {
  decayRate,
  decoupledDecay,
  defineOptimizer,
  epsilons,
  learningRate,
  type Optimizer,
  withEpsilon,
} from "./optimizer.ts";
import { sumBuffers } from "./segments.ts";
import { segmentUpdate, termSums } from "./update.ts";

/** LAMB, with the paper's betas and epsilon. */
export const lamb: Optimizer = defineOptimizer({
  name: "lamb",
  summary: "adam's direction, scaled in each tensor to the tensor's own norm",
  hyper: withEpsilon(
    z.strictObject({
      lr: learningRate(1e-3),
      beta1: decayRate(0.9, "decay rate of the average of gradients"),
      beta2: decayRate(0.999, "decay rate of the average of squares"),
      weight_decay: decoupledDecay(0),
      ...epsilons(1e-6),
    }),
  ),
  slots: () => [{ name: "exp_avg" }, { name: "exp_avg_sq" }],
  step({ lr, beta1, beta2, weight_decay, eps, eps_root }, t) {
    return {
      lr,
      beta1,
      one_minus_beta1: 1 - beta1,
      correction1: 1 / (1 - beta1 ** t),
      beta2,
      one_minus_beta2: 1 - beta2,
      correction2: 1 / (1 - beta2 ** t),
      weight_decay,
      eps,
      eps_root,
    };
  },
  stages: (hyper, site) => [
    ...termSums(lamb, hyper, site, "tensor", "norms"),
    segmentUpdate(lamb, hyper, site, tensorSums(site.arena.tensors.length), true),
  ],
  buffers: (_, site) => sumBuffers(site, "tensor"),
});
