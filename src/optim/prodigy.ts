import { z } from "zod";
import type { Dispatch } from "../gpu/dispatch.ts";
import { defineKernel, STEP_SHADER } from "../gpu/kernel.ts";
import { decayRate, decoupledDecay, defineOptimizer, type Optimizer } from "./optimizer.ts";
import { rowConstants, type Scalars, sumBuffers } from "./segments.ts";
import { extraArena, termSums } from "./update.ts";

/** Prodigy, with its authors' defaults. */
export const prodigy: Optimizer = defineOptimizer({
  name: "prodigy",
  summary: "adam without a learning rate to set: it estimates how far the solution is",
  findsOwnRate: true,
  hyper: z.strictObject({
    lr: z.number().positive().default(1).describe("factor of the estimated rate; leave it, or give it a schedule"),
    beta1: decayRate(0.9, "decay rate of the average of gradients"),
    beta2: decayRate(0.999, "decay rate of the average of squares, and its root that of the estimate"),
    weight_decay: decoupledDecay(0),
    eps: z.number().positive().default(1e-8).describe("added to the root, against division by zero"),
    d0: z.number().positive().default(1e-6).describe("first estimate of the distance; too small does no harm"),
    d_coef: z.number().positive().default(1).describe("factor of the estimate"),
  }),
  slots: () => [{ name: "exp_avg" }, { name: "exp_avg_sq" }, { name: "s" }, { name: "x0", start: "params" }],
  extra: ({ d0 }) => [
    { name: "d", shape: [1], fill: d0 },
    { name: "d_numerator", shape: [1] },
  ],
  step({ lr, beta1, beta2, weight_decay, eps, d_coef }) {
    const beta3 = Math.sqrt(beta2);
    return {
      lr,
      beta1,
      one_minus_beta1: 1 - beta1,
      beta2,
      one_minus_beta2: 1 - beta2,
      beta3,
      one_minus_beta3: 1 - beta3,
      weight_decay,
      eps,
      d_coef,
    };
  },
  stages(hyper, site) {
    const { stride, tensors } = extraArena(prodigy, hyper, site.arena);
    const distance: Scalars = { buffer: "extra", stride: stride / 4, perTensor: false };
    // The sums serve the next step: this one goes by the distance so far.
    const changes = { scalars: distance, changes: "params" } as const;
    const [update, ...sums] = termSums(prodigy, hyper, site, "all", "progress", changes);
    return [
      { ...(update as Dispatch), label: "prodigy update" },
      ...sums,
      {
        label: "distance",
        kernel: defineKernel({
          shader: "optim/prodigy_distance.wgsl",
          uses: [STEP_SHADER, "optim/prodigy.wgsl", "optim/row.wgsl", "optim/zero_scalars.wgsl"],
          constants: rowConstants(site),
        }),
        buffers: { hypers: "hypers", sums: "sums", extra: "extra" },
        shape: { stride: stride / 4, numerator: (tensors[1]?.offset ?? 0) / 4 },
        workgroups: [1, 1, site.members],
      },
    ];
  },
  buffers: (_, site) => sumBuffers(site, "all"),
});
