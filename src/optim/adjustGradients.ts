import type { Dispatch } from "../gpu/dispatch.ts";
import { defineKernel, STEP_SHADER } from "../gpu/kernel.ts";
import { MEMBER_BUFFER, MEMBER_SHADER, MEMBER_STEP_BUFFER, MEMBER_STEP_SHADER } from "../nn/member.ts";
import type { Site } from "./optimizer.ts";
import { segmentGroups, segmentShape } from "./segments.ts";

/** What can change gradients element by element before the optimizer's step, each in `shaders/optim/NAME.wgsl`. */
const ADJUSTMENTS = {
  l1: { label: "l1 penalty", uses: [], buffers: { params: "params" }, reads: 3 },
  clip_value: { label: "clip value", uses: [], buffers: {}, reads: 2 },
  gradient_noise: {
    label: "gradient noise",
    uses: ["lib/random.wgsl", "lib/normal.wgsl", MEMBER_STEP_SHADER],
    buffers: { [MEMBER_STEP_BUFFER]: MEMBER_STEP_BUFFER },
    reads: 2,
  },
} as const;

/** The names of those that change gradients. */
export type Adjustment = keyof typeof ADJUSTMENTS;

/** Changes every member's gradients (`grads` [P, stride]) by its own settings, through the table of `tensorTable`. */
export function adjustGradients(name: Adjustment, site: Site): Dispatch {
  const { label, uses, buffers, reads } = ADJUSTMENTS[name];
  const { scalars: _, ...shape } = segmentShape(site);
  return {
    label,
    kernel: defineKernel({
      shader: "optim/adjust_gradients.wgsl",
      uses: [STEP_SHADER, MEMBER_SHADER, ...uses, "optim/segments.wgsl", `optim/${name}.wgsl`],
    }),
    buffers: { grads: "grads", tensors: "tensors", [MEMBER_BUFFER]: MEMBER_BUFFER, ...buffers },
    shape,
    workgroups: segmentGroups(site),
    bytes: 4 * reads * site.arena.stride,
  };
}

/**
 * The standard deviation of the noise on gradients.
 * @param step from 0
 */
export function gradientDeviation({ eta, gamma }: { readonly eta: number; readonly gamma: number }, step: number) {
  return Math.sqrt(eta / (1 + step) ** gamma);
}
