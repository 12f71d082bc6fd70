import { z } from "zod";
import { decayRate, defineOptimizer, epsilons, learningRate, weightDecay, withEpsilon } from "./optimizer.ts";

/** RMSprop, as torch.optim.RMSprop, centered and with momentum where asked. */
export const rmsprop = defineOptimizer({
  name: "rmsprop",
  summary: "a rate for each parameter, from a moving average of its squared gradients",
  hyper: withEpsilon(
    z.strictObject({
      lr: learningRate(0.01),
      alpha: decayRate(0.99, "decay rate of the average of squares"),
      momentum: decayRate(0, "share of the velocity that is kept; 0 keeps none"),
      centered: z.boolean().default(false).describe("divide by the standard deviation, not by the root mean square"),
      weight_decay: weightDecay,
      ...epsilons(1e-8),
    }),
  ),
  slots: ({ centered, momentum }) => [
    { name: "square_avg" },
    { name: "grad_avg", used: centered },
    { name: "momentum_buffer", used: momentum > 0 },
  ],
  switches: ({ centered, momentum }) => ({ CENTERED: centered, MOMENTUM: momentum > 0 }),
  step: ({ lr, alpha, momentum, weight_decay, eps, eps_root }) => ({
    lr,
    alpha,
    one_minus_alpha: 1 - alpha,
    momentum,
    weight_decay,
    eps,
    eps_root,
  }),
});
