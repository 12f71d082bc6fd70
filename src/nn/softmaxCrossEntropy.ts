import type { Dispatch } from "../gpu/dispatch.ts";
import { defineKernel, STEP_SHADER } from "../gpu/kernel.ts";

/** Bytes of one entry of the metrics table: the loss (f32) and the hits (u32) of one step of one member. */
export const METRICS_BYTES = 8;

/**
 * Softmax, cross-entropy, its gradient and the metrics of logits z [P, capacity, ceil4(classes)].
 * @param names the plan's buffers
 */
export function softmaxCrossEntropy(
  names: { readonly z: string; readonly dz: string; readonly labels: string; readonly order: string },
  size: { readonly classes: number; readonly capacity: number; readonly members: number },
): Dispatch {
  const classes4 = Math.ceil(size.classes / 4);
  return {
    label: "softmax cross-entropy",
    kernel: defineKernel({ shader: "loss/softmax_cross_entropy.wgsl", uses: [STEP_SHADER] }),
    buffers: { ...names, metrics: "metrics" },
    shape: { classes: size.classes, classes4, z_stride: size.capacity * classes4 },
    workgroups: [1, 1, size.members],
  };
}
