import { z } from "zod";
import { decayRate, defineOptimizer, epsilons, learningRate, weightDecay, withEpsilon } from "./optimizer.ts";

/** RAdam, as torch.optim.RAdam. */
export const radam = defineOptimizer({
  name: "radam",
  summary: "adam that starts as momentum and warms itself up",
  hyper: withEpsilon(
    z.strictObject({
      lr: learningRate(1e-3),
      beta1: decayRate(0.9, "decay rate of the average of gradients"),
      beta2: decayRate(0.999, "decay rate of the average of squares; also sets the length of the warm-up"),
      weight_decay: weightDecay,
      ...epsilons(1e-8),
    }),
  ),
  slots: () => [{ name: "exp_avg" }, { name: "exp_avg_sq" }],
  step: ({ lr, beta1, beta2, weight_decay, eps, eps_root }, t) => ({
    step_size: lr / (1 - beta1 ** t),
    rectification: rectification(beta2, t),
    beta1,
    one_minus_beta1: 1 - beta1,
    beta2,
    one_minus_beta2: 1 - beta2,
    weight_decay,
    eps,
    eps_root,
  }),
});

/** r_t sqrt(1 - beta2^t), or 0 while the average of squares is too short to divide by. */
function rectification(beta2: number, t: number): number {
  const power = beta2 ** t;
  const longest = 2 / (1 - beta2) - 1;
  const length = longest - (2 * t * power) / (1 - power);
  if (length <= 5) return 0;
  const share = ((length - 4) * (length - 2) * longest) / ((longest - 4) * (longest - 2) * length);
  return Math.sqrt(share * (1 - power));
}
