import { z } from "zod";
import { decayRate, defineOptimizer, learningRate, weightDecay } from "./optimizer.ts";

/** Adadelta, as torch.optim.Adadelta. */
export const adadelta = defineOptimizer({
  name: "adadelta",
  summary: "rmsprop whose rate is the size of its own steps so far",
  hyper: z.strictObject({
    lr: learningRate(1),
    rho: decayRate(0.9, "decay rate of both averages of squares"),
    weight_decay: weightDecay,
    eps: z.number().positive().default(1e-6).describe("added inside both roots; sets the size of the first steps"),
  }),
  slots: () => [{ name: "square_avg" }, { name: "acc_delta" }],
  step: ({ lr, rho, weight_decay, eps }) => ({ lr, rho, one_minus_rho: 1 - rho, weight_decay, eps }),
});
