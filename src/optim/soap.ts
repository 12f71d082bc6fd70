import { z } from "zod";
import { decayRate, decoupledDecay, defineOptimizer, learningRate, type Optimizer } from "./optimizer.ts";
import { SCALES } from "./segments.ts";
import { preconditioners } from "./soapMatrices.ts";
import { soapBuffers, soapStages } from "./soapStages.ts";
import { segmentUpdate } from "./update.ts";

/**
 * Steps of the power iteration that the first eigenvectors come from. On the main network (seeds 0 to 2) they leave 0.5 to 4 % of
 * Q^T L Q off its diagonal (in the Frobenius norm), of the 81 to 98 % that L has there. More would not last: gradients change so
 * much in the first steps that 59 to 97 % are there again before the next refresh.
 */
export const FIRST_REFRESHES = 4;

/**
 * SOAP with the defaults of its authors' code, but for max_precondition_dim, theirs being 10000: the cost of a side grows as
 * its third power, and with the 784 inputs a step of the main network takes over 20 times as long on an adapter without a GPU.
 */
export const soap: Optimizer = defineOptimizer({
  name: "soap",
  summary: "adam in the eigenbasis of Shampoo's preconditioner for weight matrices, adamw for the rest",
  hyper: z.strictObject({
    lr: learningRate(3e-3),
    beta1: decayRate(0.95, "decay rate of the average of gradients"),
    beta2: decayRate(0.95, "decay rate of the average of squares"),
    shampoo_beta: decayRate(0.95, "decay rate of the preconditioner's L and R"),
    eps: z.number().positive().default(1e-8).describe("added to the root, against division by zero"),
    weight_decay: decoupledDecay(0.01),
    precondition_frequency: z
      .int()
      .min(1)
      .default(10)
      .describe("steps from one refresh of the eigenvectors to the next"),
    max_precondition_dim: z
      .int()
      .min(1)
      .max(1024) // a workgroup holds three of its columns, of the 16 KiB that every device has
      .default(512)
      .describe("longest side of a matrix that has a preconditioner"),
  }),
  slots: () => [{ name: "exp_avg" }, { name: "exp_avg_sq" }],
  extra: ({ max_precondition_dim }, arena) => preconditioners(arena, max_precondition_dim).kept,
  step({ lr, beta1, beta2, shampoo_beta, eps, weight_decay, precondition_frequency }, t) {
    const isFirst = t === 1;
    const rate = isFirst ? 0 : lr;
    const [own1, own2] = isFirst ? [1, 1] : [beta1, beta2];
    return {
      lr: rate,
      decay: rate * weight_decay,
      beta1: own1,
      one_minus_beta1: 1 - own1,
      correction1: isFirst ? 1 : 1 / (1 - beta1 ** (t - 1)),
      beta2: own2,
      one_minus_beta2: 1 - own2,
      correction2: isFirst ? 1 : 1 / (1 - beta2 ** (t - 1)),
      eps,
      shampoo_beta,
      one_minus_shampoo_beta: 1 - shampoo_beta,
      refreshes: isFirst ? FIRST_REFRESHES : (t - 1) % precondition_frequency === 0 ? 1 : 0,
    };
  },
  stages(hyper, site) {
    const longest = hyper.max_precondition_dim;
    const of = preconditioners(site.arena, longest);
    const update = segmentUpdate(soap, hyper, site, SCALES);
    if (of.matrices.length === 0) return [update];
    return [
      ...soapStages(site, of, longest, FIRST_REFRESHES),
      { ...update, buffers: { ...update.buffers, grads: "work" } },
    ];
  },
  buffers: ({ max_precondition_dim }, site) => soapBuffers(site, preconditioners(site.arena, max_precondition_dim)),
});
