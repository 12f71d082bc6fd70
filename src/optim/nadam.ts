import { z } from "zod";
import { decayRate, defineOptimizer, epsilons, learningRate, weightDecay, withEpsilon } from "./optimizer.ts";

/** Nadam, as torch.optim.NAdam. */
export const nadam = defineOptimizer({
  name: "nadam",
  summary: "adam with Nesterov's momentum, which warms up",
  hyper: withEpsilon(
    z.strictObject({
      lr: learningRate(2e-3),
      beta1: decayRate(0.9, "decay rate of the average of gradients"),
      beta2: decayRate(0.999, "decay rate of the average of squares"),
      momentum_decay: z.number().min(0).default(4e-3).describe("how fast the momentum rises from beta1 / 2 to beta1"),
      weight_decay: weightDecay,
      ...epsilons(1e-8),
    }),
  ),
  slots: () => [{ name: "exp_avg" }, { name: "exp_avg_sq" }],
  step({ lr, beta1, beta2, momentum_decay, weight_decay, eps, eps_root }, t) {
    const mu = momentumAt(beta1, momentum_decay, t);
    const next = momentumAt(beta1, momentum_decay, t + 1);
    const product = momentumProduct(beta1, momentum_decay, t);
    return {
      gradient_rate: (lr * (1 - mu)) / (1 - product),
      momentum_rate: (lr * next) / (1 - product * next),
      beta1,
      one_minus_beta1: 1 - beta1,
      beta2,
      one_minus_beta2: 1 - beta2,
      correction2: 1 / (1 - beta2 ** t),
      weight_decay,
      eps,
      eps_root,
    };
  },
});

/** mu_t */
function momentumAt(beta1: number, momentum_decay: number, t: number): number {
  return beta1 * (1 - 0.5 * 0.96 ** (t * momentum_decay));
}

/** How far the product of each pair of hyper-parameters has come, so that the next step's takes one factor more. */
const known = new Map<string, { readonly t: number; readonly product: number }>();
/** Pairs kept; a population has few, and only one that is scheduled would make new ones at every step. */
const MOST_KNOWN = 4096;
/** Below this, 1 minus the product is 1. */
const NEGLIGIBLE = 2 ** -54;

/** mu_1 mu_2 ... mu_t, always multiplied in this order, so that it does not depend on the calls before. */
function momentumProduct(beta1: number, momentum_decay: number, t: number): number {
  const key = `${beta1} ${momentum_decay}`;
  const last = known.get(key);
  let { t: at, product } = last && last.t <= t ? last : { t: 0, product: 1 };
  while (at < t && product > NEGLIGIBLE) product *= momentumAt(beta1, momentum_decay, ++at);
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(key, { t: at, product });
  return product;
}
