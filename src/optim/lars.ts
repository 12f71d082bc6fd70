import { z } from "zod";
import { decayRate, defineOptimizer, learningRate, type Optimizer, weightDecay } from "./optimizer.ts";
import { type Scalars, sumBuffers } from "./segments.ts";
import { segmentUpdate, termSums } from "./update.ts";

/** LARS, with the paper's trust coefficient; the trust ratio takes the weight decay into account. */
export const lars: Optimizer = defineOptimizer({
  name: "lars",
  summary: "momentum whose rate each tensor sets by its own norm against its gradient's",
  hyper: z.strictObject({
    lr: learningRate(1),
    momentum: decayRate(0.9, "how much of the last update goes into the next"),
    trust_coefficient: z.number().positive().default(1e-3).describe("length of an update over a tensor's, at lr 1"),
    weight_decay: weightDecay,
  }),
  slots: () => [{ name: "momentum_buffer" }],
  step: ({ lr, momentum, trust_coefficient, weight_decay }) => ({ lr, momentum, trust_coefficient, weight_decay }),
  stages: (hyper, site) => [
    ...termSums(lars, hyper, site, "tensor", "norms", { changes: "nothing" }),
    segmentUpdate(lars, hyper, site, tensorSums(site.arena.tensors.length)),
  ],
  buffers: (_, site) => sumBuffers(site, "tensor"),
});

/** The sums of each tensor as its scalars. */
export const tensorSums = (tensors: number): Scalars => ({ buffer: "sums", stride: tensors, perTensor: true });
