import type { Dispatch } from "../gpu/dispatch.ts";
import { defineKernel, STEP_SHADER } from "../gpu/kernel.ts";
import { MEMBER_BUFFER, MEMBER_SHADER, MEMBER_STEP_BUFFER, MEMBER_STEP_SHADER } from "./member.ts";

/** Bytes of one entry of the metrics table: loss (f32) and hits (u32). */
export const METRICS_BYTES = 8;

/**
 * Softmax, cross-entropy, its gradient and the metrics of logits z [P, capacity, ceil4(classes)].
 * @param names the plan's buffers
 * @param smooth whether labels are smoothed, each member's by its own share
 * @param mix whether rows share their labels in pairs, as `mixDispatch` mixes them
 */
export function softmaxCrossEntropy(
  names: { readonly z: string; readonly dz: string; readonly labels: string; readonly order: string },
  size: { readonly classes: number; readonly capacity: number; readonly members: number; readonly tiles?: number },
  smooth = false,
  mix = false,
): Dispatch {
  const classes4 = Math.ceil(size.classes / 4);
  return {
    label: "softmax cross-entropy",
    kernel: defineKernel({
      shader: "loss/softmax_cross_entropy.wgsl",
      uses: [
        STEP_SHADER,
        "lib/labels.wgsl",
        "lib/metrics.wgsl",
        ...(smooth ? [MEMBER_SHADER, "loss/label_smoothing.wgsl"] : ["loss/hard_labels.wgsl"]),
        ...(mix ? [MEMBER_STEP_SHADER, "loss/mixed_labels.wgsl"] : ["loss/one_label.wgsl"]),
      ],
      constants: { SMOOTH: smooth, MIX: mix },
    }),
    buffers: {
      ...names,
      metrics: "metrics",
      ...(smooth && { [MEMBER_BUFFER]: MEMBER_BUFFER }),
      ...(mix && { [MEMBER_STEP_BUFFER]: MEMBER_STEP_BUFFER }),
    },
    shape: { classes: size.classes, classes4, z_stride: size.capacity * classes4, tiles: size.tiles ?? 1 },
    workgroups: [1, 1, size.members],
  };
}
