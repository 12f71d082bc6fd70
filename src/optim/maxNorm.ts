import type { BufferSpec } from "../gpu/buffers.ts";
import { type Dispatch, loopGroups } from "../gpu/dispatch.ts";
import { defineKernel, STEP_SHADER } from "../gpu/kernel.ts";
import { MEMBER_BUFFER, MEMBER_SHADER } from "../nn/member.ts";
import type { Site } from "./optimizer.ts";
import { isWeight, segmentGroups, segmentShape } from "./segments.ts";

/** Partial sums of a row: `LANES` of optim/weight_norms.wgsl. */
const LANES = 8;

/** Units of all of a member's weight matrices: their rows. */
const rowsOf = ({ arena }: Site): number => arena.tensors.filter(isWeight).reduce((total, { rows }) => total + rows, 0);

/**
 * Shrinks each unit's incoming weights (rows of the matrices in `params` [P, stride]) to the member's largest norm, through
 * `maxNormBuffers` and the table of `tensorTable`. Members that have stopped keep theirs.
 */
export function maxNorm(site: Site): readonly Dispatch[] {
  const { scalars: _, segments, ...shape } = { ...segmentShape(site), rows: rowsOf(site) };
  const { stride } = site.arena;
  const buffers = { params: "params", tensors: "tensors", partials: "weight_norms" };
  return [
    {
      label: "weight norms",
      kernel: defineKernel({
        shader: "optim/weight_norms.wgsl",
        uses: ["optim/segments.wgsl", "optim/weight_rows.wgsl"],
      }),
      buffers,
      shape,
      workgroups: loopGroups(shape.rows * LANES, site.members),
      bytes: 4 * stride,
    },
    {
      label: "max norm",
      kernel: defineKernel({
        shader: "optim/max_norm.wgsl",
        uses: [STEP_SHADER, MEMBER_SHADER, "optim/segments.wgsl", "optim/weight_rows.wgsl"],
      }),
      buffers: { ...buffers, [MEMBER_BUFFER]: MEMBER_BUFFER },
      shape: { ...shape, segments },
      workgroups: segmentGroups(site),
      bytes: 8 * stride,
    },
  ];
}

/** The buffer between the two dispatches of `maxNorm`. */
export function maxNormBuffers(site: Site): Record<string, BufferSpec> {
  const [P, rows] = [site.members, rowsOf(site)];
  const what = `sums of squared weights, f32 [P=${P}, ${rows}, ${LANES}]`;
  return { weight_norms: { bytes: 4 * P * rows * LANES, usage: "storage", what } };
}
