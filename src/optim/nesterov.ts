import { z } from "zod";
import { decayRate, defineOptimizer, learningRate, weightDecay } from "./optimizer.ts";

/** Nesterov's accelerated gradient, as torch.optim.SGD(momentum=..., nesterov=True). */
export const nesterov = defineOptimizer({
  name: "nesterov",
  summary: "momentum that looks ahead",
  hyper: z.strictObject({
    lr: learningRate(0.01),
    momentum: decayRate(0.9, "share of the velocity that is kept"),
    weight_decay: weightDecay,
  }),
  slots: () => [{ name: "momentum_buffer" }],
  step: ({ lr, momentum, weight_decay }) => ({ lr, momentum, weight_decay }),
});
