import { z } from "zod";
import { type Dispatch, pieceGroups } from "../gpu/dispatch.ts";
import { defineKernel, STEP_SHADER } from "../gpu/kernel.ts";
import type { Tensor } from "../nn/tensors.ts";
import { type MatrixTable, matrixBuffers, matrixTable, newtonSchulz, ORTHOGONALISED } from "./newtonSchulz.ts";
import { decayRate, decoupledDecay, defineOptimizer, learningRate, type Optimizer, type Site } from "./optimizer.ts";
import { isWeight, rowConstants, SCALES, scalesBuffer, sumBuffers } from "./segments.ts";
import { segmentUpdate, termSums } from "./update.ts";

/** Muon with AdamW beside it, with the defaults of its authors' MuonWithAuxAdam. */
export const muon: Optimizer = defineOptimizer({
  name: "muon",
  summary: "momentum made orthogonal for weight matrices, adamw for the rest",
  hyper: z.strictObject({
    lr: learningRate(0.02),
    momentum: decayRate(0.95, "decay rate of the average of gradients, Nesterov's"),
    weight_decay: decoupledDecay(0),
    adamw_lr: learningRate(3e-4).describe("learning rate of what goes by adamw; a schedule of lr scales it too"),
    beta1: decayRate(0.9, "adamw's decay rate of the average of gradients"),
    beta2: decayRate(0.95, "adamw's decay rate of the average of squares"),
    eps: z.number().positive().default(1e-10).describe("added to adamw's root, against division by zero"),
    input_layer: z.boolean().default(true).describe("whether the first layer's weights are orthogonalised"),
    output_layer: z.boolean().default(false).describe("whether the last layer's weights are orthogonalised"),
  }),
  otherRates: ["adamw_lr"],
  slots: () => [{ name: "exp_avg" }, { name: "exp_avg_sq" }],
  step: ({ lr, momentum, weight_decay, adamw_lr, beta1, beta2, eps }, t) => ({
    lr,
    momentum,
    one_minus_momentum: 1 - momentum,
    decay: lr * weight_decay,
    adamw_step_size: adamw_lr / (1 - beta1 ** t),
    beta1,
    one_minus_beta1: 1 - beta1,
    beta2,
    one_minus_beta2: 1 - beta2,
    correction2: 1 / (1 - beta2 ** t),
    adamw_decay: adamw_lr * weight_decay,
    eps,
  }),
  stages(hyper, site) {
    const taken = orthogonalised(hyper, site);
    const update = segmentUpdate(muon, hyper, site, SCALES);
    if (taken.length === 0) return [update];
    const table = matrixTable(site, (tensor) => taken.includes(tensor));
    const { load, store } = copies(site, table, taken);
    return [
      ...termSums(muon, hyper, site, "tensor", "norms", { scalars: SCALES }),
      load,
      ...newtonSchulz(site, table),
      store,
      update,
    ];
  },
  buffers(hyper, site) {
    const taken = orthogonalised(hyper, site);
    return {
      scales: scalesBuffer(site, "scales of orthogonalised matrices", (tensor) =>
        taken.includes(tensor) ? [scaleOf(tensor)] : [],
      ),
      ...(taken.length > 0 && sumBuffers(site, "tensor")),
      ...matrixBuffers(
        site,
        matrixTable(site, (tensor) => taken.includes(tensor)),
      ),
    };
  },
});

/** Which tensors are orthogonalised: weight matrices, the first and the last one where the hyper-parameters say so. */
function orthogonalised(
  { input_layer, output_layer }: { readonly input_layer: boolean; readonly output_layer: boolean },
  { arena }: Site,
): readonly Tensor[] {
  const weights = arena.tensors.filter(isWeight);
  return weights.filter((_, i) => (input_layer || i > 0) && (output_layer || i < weights.length - 1));
}

/** The scale of the authors' code: a step of a tall matrix is as long as that of a square one of its rows. */
const scaleOf = ({ rows, columns }: Tensor) => Math.sqrt(Math.max(1, rows / columns));

/** From momentum and gradients to Newton-Schulz, and from there to the gradients' place. */
function copies(site: Site, table: MatrixTable, taken: readonly Tensor[]): { load: Dispatch; store: Dispatch } {
  const { arena, members } = site;
  const { count, wide, wideTiles: tiles } = table;
  const shape = { tiles, matrices: count, wide: wide / 4, quads: arena.stride / 4 };
  const uses = ["optim/segments.wgsl", "optim/matrices.wgsl"];
  const tables = { tensors: "tensors", matrices: "matrices", grads: "grads" };
  const workgroups = pieceGroups(tiles, members);
  return {
    load: {
      label: `normalise momentum of ${taken.map(({ name }) => name).join(", ")}`,
      kernel: defineKernel({
        shader: "optim/muon_load.wgsl",
        uses: [STEP_SHADER, "optim/muon.wgsl", "optim/zero_scalars.wgsl", "optim/row.wgsl", ...uses],
        constants: rowConstants(site),
      }),
      buffers: { ...tables, state: "state", hypers: "hypers", sums: "sums", x: "x_even" },
      shape: { ...shape, tensors: arena.tensors.length },
      workgroups,
      bytes: 12 * wide,
    },
    store: {
      label: "orthogonalised momentum",
      kernel: defineKernel({ shader: "optim/muon_store.wgsl", uses }),
      buffers: { ...tables, x: ORTHOGONALISED },
      shape,
      workgroups,
      bytes: 8 * wide,
    },
  };
}
