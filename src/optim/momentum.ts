import { z } from "zod";
import { decayRate, defineOptimizer, learningRate, weightDecay } from "./optimizer.ts";

/** SGD with Polyak's momentum, as torch.optim.SGD(momentum=...). */
export const momentum = defineOptimizer({
  name: "momentum",
  summary: "gradient descent with a velocity",
  hyper: z.strictObject({
    lr: learningRate(0.01),
    momentum: decayRate(0.9, "share of the velocity that is kept"),
    dampening: z.number().min(0).max(1).default(0).describe("share of the gradient that is held back"),
    weight_decay: weightDecay,
  }),
  slots: () => [{ name: "momentum_buffer" }],
  step: ({ lr, momentum, dampening, weight_decay }, t) => ({
    lr,
    momentum,
    gradient_weight: t === 1 ? 1 : 1 - dampening,
    weight_decay,
  }),
});
