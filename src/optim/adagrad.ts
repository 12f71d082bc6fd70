import { z } from "zod";
import { defineOptimizer, epsilons, learningRate, weightDecay, withEpsilon } from "./optimizer.ts";

/** Adagrad, as torch.optim.Adagrad; `eps_root` gives the textbook's epsilon inside the root. */
export const adagrad = defineOptimizer({
  name: "adagrad",
  summary: "a falling rate for each parameter, from the sum of its squared gradients",
  hyper: withEpsilon(
    z.strictObject({
      lr: learningRate(0.01),
      lr_decay: z.number().min(0).default(0).describe("the rate falls as 1 / (1 + (t - 1) lr_decay)"),
      initial_accumulator_value: z.number().min(0).default(0).describe("what the sum of squares starts at"),
      weight_decay: weightDecay,
      ...epsilons(1e-10),
    }),
  ),
  slots: ({ initial_accumulator_value }) => [{ name: "sum", fill: initial_accumulator_value }],
  step: ({ lr, lr_decay, weight_decay, eps, eps_root }, t) => ({
    lr: lr / (1 + (t - 1) * lr_decay),
    weight_decay,
    eps,
    eps_root,
  }),
});
