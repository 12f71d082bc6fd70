import { z } from "zod";
import { defineOptimizer, learningRate, weightDecay } from "./optimizer.ts";

/** Gradient descent: `batch_size` full for the classic form, 1 for the stochastic one, a few for mini-batches. */
export const sgd = defineOptimizer({
  name: "sgd",
  summary: "gradient descent: a step against the gradient",
  hyper: z.strictObject({ lr: learningRate(0.01), weight_decay: weightDecay }),
  slots: () => [],
  step: ({ lr, weight_decay }) => ({ lr, weight_decay }),
});
