import type { BufferSpec } from "../gpu/buffers.ts";
import type { Dispatch } from "../gpu/dispatch.ts";
import { adjustGradients } from "../optim/adjustGradients.ts";
import { clipNorm } from "../optim/clipNorm.ts";
import { maxNorm, maxNormBuffers } from "../optim/maxNorm.ts";
import type { Site } from "../optim/optimizer.ts";
import { tensorTable } from "../optim/segments.ts";
import type { Member } from "./members.ts";

/** What regularisation dispatches around the optimizer's step. */
export interface Regularised {
  /** On the gradients, before the step: it needs them in memory. */
  readonly before: readonly Dispatch[];
  /** On the parameters, behind it. */
  readonly behind: readonly Dispatch[];
  readonly buffers: Readonly<Record<string, BufferSpec>>;
}

/**
 * The penalty is a part of the gradient and comes first; clipping by value comes before clipping by norm, so that the norm is
 * what was asked for; noise comes last, so that its deviation is.
 * @param member stands for all, which share which parts there are
 */
export function regularise(member: Member, site: Site): Regularised {
  const { l1 = 0, clip_value, clip_norm, gradient_noise, max_norm } = member;
  const before = [
    ...(l1 > 0 ? [adjustGradients("l1", site)] : []),
    ...(clip_value !== undefined ? [adjustGradients("clip_value", site)] : []),
    ...(clip_norm !== undefined ? clipNorm(site.arena.stride, site.members) : []),
    ...(gradient_noise ? [adjustGradients("gradient_noise", site)] : []),
  ];
  const behind = max_norm !== undefined ? maxNorm(site) : [];
  const byTensor = [...before, ...behind].some(({ buffers }) => buffers.tensors);
  return {
    before,
    behind,
    buffers: { ...(byTensor && tensorTable(site)), ...(behind.length > 0 && maxNormBuffers(site)) },
  };
}
