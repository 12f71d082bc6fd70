import { z } from "zod";
import {
  decayRate,
  decoupledDecay,
  defineOptimizer,
  epsilons,
  learningRate,
  type Memory,
  withEpsilon,
} from "./optimizer.ts";
import { averageShare, freeNext, freeStart, freeStep, freeView, warmupSteps } from "./schedule_free_sgd.ts";

/** gamma_t, algorithm 1. */
const rate = (lr: number, beta2: number, warmup_steps: number, t: number) =>
  lr * Math.sqrt(1 - beta2 ** t) * Math.min(1, t / Math.max(1, warmup_steps));

/** Schedule-free AdamW, with its authors' defaults. */
export const schedule_free_adamw = defineOptimizer({
  name: "schedule_free_adamw",
  summary: "adamw that averages its points, in place of momentum and a schedule",
  hyper: withEpsilon(
    z.strictObject({
      lr: learningRate(2.5e-3),
      beta1: averageShare(0.9),
      beta2: decayRate(0.999, "decay rate of the average of squares"),
      warmup_steps: warmupSteps,
      weight_decay: decoupledDecay(0),
      ...epsilons(1e-8),
    }),
  ),
  slots: () => [{ name: "z", start: "params" }, { name: "exp_avg_sq" }],
  memory: {
    start: freeStart,
    next: (memory, { lr, beta1, beta2, warmup_steps }, t) => freeNext(memory, rate(lr, beta2, warmup_steps, t), beta1),
  },
  step({ lr, beta1, beta2, warmup_steps, weight_decay, eps, eps_root }, t, memory) {
    let before: Memory = memory ?? freeStart;
    // Without a memory: that of the same rates all along.
    for (let i = 1; i < t && !memory; i++) before = freeNext(before, rate(lr, beta2, warmup_steps, i), beta1);
    const { gamma, ...shared } = freeStep(rate(lr, beta2, warmup_steps, t), before);
    return {
      gamma,
      beta1,
      one_minus_beta1: 1 - beta1,
      before: shared.before,
      one_minus_before: shared.one_minus_before,
      c: shared.c,
      beta2,
      one_minus_beta2: 1 - beta2,
      weight_decay,
      eps,
      eps_root,
    };
  },
  evaluation: { values: (_, __, memory) => freeView(memory) },
});
