import { z } from "zod";
import { defineOptimizer, learningRate, type Memory, weightDecay } from "./optimizer.ts";

/** The share of the average in the points that gradients are taken at: 0 < beta < 1, as the average is read off them. */
export const averageShare = (standard: number) =>
  z
    .number()
    .positive("must be above 0 and below 1")
    .lt(1, "must be above 0 and below 1")
    .default(standard)
    .describe("share of the average in the points that gradients are taken at");

export const warmupSteps = z.number().int().min(0).default(0).describe("steps over which the rate rises to lr");

/** What schedule-free optimizers remember: the sum of the squared rates so far, and the beta that x was made with. */
export const freeStart: Memory = { sum: 0, beta: 1 };

/** The memory after a step at rate gamma. */
export const freeNext = ({ sum = 0 }: Memory, gamma: number, beta: number): Memory => ({ sum: sum + gamma ** 2, beta });

/** Fields that schedule-free optimizers share, of a step at rate gamma. */
export function freeStep(gamma: number, { sum = 0, beta = 1 }: Memory) {
  const total = sum + gamma ** 2;
  return { gamma, before: beta, one_minus_before: 1 - beta, c: total > 0 ? gamma ** 2 / total : 0 };
}

/** The fields of `struct View`. */
export const freeView = ({ beta = 1 }: Memory) => ({ beta, one_minus_beta: 1 - beta });

const rate = (lr: number, warmup_steps: number, t: number) => lr * Math.min(1, t / Math.max(1, warmup_steps));

/** Schedule-free SGD. */
export const schedule_free_sgd = defineOptimizer({
  name: "schedule_free_sgd",
  summary: "gradient descent that averages its points, in place of a schedule",
  hyper: z.strictObject({
    lr: learningRate(1),
    beta: averageShare(0.9),
    warmup_steps: warmupSteps,
    weight_decay: weightDecay,
  }),
  slots: () => [{ name: "z", start: "params" }],
  memory: {
    start: freeStart,
    next: (memory, { lr, beta, warmup_steps }, t) => freeNext(memory, rate(lr, warmup_steps, t), beta),
  },
  step({ lr, beta, warmup_steps, weight_decay }, t, memory = constantMemory(lr, beta, warmup_steps, t)) {
    const { gamma, before, one_minus_before, c } = freeStep(rate(lr, warmup_steps, t), memory);
    return { gamma, beta, one_minus_beta: 1 - beta, before, one_minus_before, c, weight_decay };
  },
  evaluation: { values: (_, __, memory) => freeView(memory) },
});

/** The memory before step t where nothing changes but by the warm-up. */
function constantMemory(lr: number, beta: number, warmup_steps: number, t: number): Memory {
  if (t === 1) return freeStart;
  let sum = 0;
  for (let i = 1; i < t && i < warmup_steps; i++) sum += rate(lr, warmup_steps, i) ** 2;
  return { sum: sum + Math.max(0, t - Math.max(1, warmup_steps)) * lr ** 2, beta };
}
