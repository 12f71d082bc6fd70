import type { Dispatch } from "../gpu/dispatch.ts";
import { defineKernel, STEP_SHADER } from "../gpu/kernel.ts";
import { MEMBER_BUFFER, MEMBER_SHADER } from "../nn/member.ts";

/** Vec4s that a thread scales, one after the other: each thread adds the partial sums up first. */
const QUADS = 8;
/** Partial sums for each member: `GROUPS` of optim/gradient_norm.wgsl and optim/clip_norm.wgsl. */
export const NORM_PARTIALS = 32;

/**
 * Clips each member's gradients (`grads` [P, stride]) to its largest global norm, through the buffer `norm_partials`
 * [P, NORM_PARTIALS].
 */
export function clipNorm(stride: number, members: number): readonly Dispatch[] {
  const shape = { quads: stride / 4 };
  const buffers = { grads: "grads", partials: "norm_partials" };
  return [
    {
      label: "gradient norm",
      kernel: defineKernel({ shader: "optim/gradient_norm.wgsl" }),
      buffers,
      shape,
      workgroups: [NORM_PARTIALS, 1, members],
      bytes: 4 * stride,
    },
    {
      label: "clip norm",
      kernel: defineKernel({ shader: "optim/clip_norm.wgsl", uses: [STEP_SHADER, MEMBER_SHADER] }),
      buffers: { ...buffers, [MEMBER_BUFFER]: MEMBER_BUFFER },
      shape,
      workgroups: [Math.min(1024, Math.ceil(stride / 4 / 64 / QUADS)), 1, members],
      bytes: 8 * stride,
    },
  ];
}
