import type { BufferSpec } from "../gpu/buffers.ts";
import { type Dispatch, pieceGroups } from "../gpu/dispatch.ts";
import { defineKernel, type Kernel, STEP_SHADER } from "../gpu/kernel.ts";
import type { Tensor } from "../nn/tensors.ts";
import type { Site } from "./optimizer.ts";

/** Quads (groups of four floats) of a segment: `SEGMENT` in shaders/optim/segments.wgsl. */
const SEGMENT = 1024;

const quadsOf = ({ rows, rowStride }: Tensor) => (rows * rowStride) / 4;
const segmentsOf = (tensor: Tensor) => Math.ceil(quadsOf(tensor) / SEGMENT);
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** How many segments a tensor is cut into. */
export type Cut = (tensor: Tensor) => number;

/** Segments of all of a member's tensors. */
export const segmentCount = ({ arena }: Site, cut: Cut = segmentsOf): number => sum(arena.tensors.map(cut));

/** Not a bias or a parameter of a norm: those are in group 1 where there are two. */
export const isWeight = ({ shape }: Tensor) => shape.length > 1;

/** The buffer `tensors`, which the kernels that work by tensor read. */
export const tensorTable = (site: Site) => ({ tensors: placeTable(site) });

/** Where tensors lie and how they are cut, as segments.wgsl reads it. */
export function placeTable(site: Site, cut: Cut = segmentsOf): BufferSpec {
  const { tensors } = site.arena;
  const values: number[] = [];
  let segment = 0;
  for (const tensor of tensors) {
    const group = site.groups > 1 && !isWeight(tensor) ? 1 : 0;
    const { offset, rows, rowStride, columns } = tensor;
    values.push(segment, offset / 4, quadsOf(tensor), group, rows, rowStride / 4, columns, isWeight(tensor) ? 1 : 0);
    segment += cut(tensor);
  }
  const what = `where tensors lie, u32 [${tensors.length}, 8]`;
  return { bytes: 4 * values.length, usage: "storage", what, values };
}

/** Workgroups for a segment each. */
export function segmentGroups(site: Site, cut: Cut = segmentsOf): Dispatch["workgroups"] {
  return pieceGroups(segmentCount(site, cut), site.members);
}

/** The constants of a kernel that reads rows of hyper-parameters (shaders/optim/row.wgsl). */
export const rowConstants = ({ groups }: Site): Kernel["constants"] => (groups > 1 ? { GROUPS: groups } : {});

/** Where `scalars` come from: vec4s from one member's part of a buffer to the next, and whether each tensor has its own. */
export interface Scalars {
  readonly buffer: string;
  readonly stride: number;
  readonly perTensor: boolean;
}

/** Scalars of each tensor that are the same for every member; `scalesBuffer` makes their buffer. */
export const SCALES: Scalars = { buffer: "scales", stride: 0, perTensor: true };

/**
 * The buffer of `SCALES`.
 * @param of at most four numbers of a tensor; the others are 0
 */
export function scalesBuffer(
  { arena: { tensors } }: Site,
  what: string,
  of: (tensor: Tensor) => readonly number[],
): BufferSpec {
  const scales = new Float32Array(4 * tensors.length);
  for (const [i, tensor] of tensors.entries()) scales.set(of(tensor), 4 * i);
  const values = [...new Uint32Array(scales.buffer)];
  return { bytes: 4 * values.length, usage: "storage", what: `${what}, f32 [${tensors.length}, 4]`, values };
}

/** The shape of update_segments.wgsl and sum_segments.wgsl. */
export function segmentShape(site: Site, scalars?: Scalars) {
  const { arena } = site;
  return {
    quads: arena.stride / 4,
    segments: segmentCount(site),
    tensors: arena.tensors.length,
    scalars: scalars?.stride ?? 0,
  };
}

/** The sums of an optimizer's terms over each tensor, or over all of them. */
export interface Sums {
  /** What they are, for people: `norms`. */
  readonly label: string;
  /** Files with `row_in`, `take_terms` and `load_scalars`, and their constants. */
  readonly uses: readonly string[];
  readonly constants?: Kernel["constants"];
  /** The plan's buffers for the files' bindings. */
  readonly buffers: Dispatch["buffers"];
  readonly scalars?: Scalars;
  readonly over: "tensor" | "all";
}

/** Two dispatches, of which the second leaves the buffer `sums` [P, tensors or 1] of vec4s. */
export function sumDispatches(site: Site, { label, uses, constants = {}, buffers, scalars, over }: Sums): Dispatch[] {
  return [
    {
      label: `${label} by segment`,
      kernel: defineKernel({
        shader: "optim/sum_segments.wgsl",
        uses: [STEP_SHADER, ...uses, "optim/segments.wgsl"],
        constants,
      }),
      buffers: { grads: "grads", tensors: "tensors", partials: "partials", ...buffers },
      shape: segmentShape(site, scalars),
      workgroups: segmentGroups(site),
    },
    sumTensors(site, label, over),
  ];
}

/**
 * Adds the buffer `partials` up to the buffer `sums`.
 * @param table the buffer that says how tensors are cut
 */
export function sumTensors(
  site: Site,
  label: string,
  over: Sums["over"],
  cut: Cut = segmentsOf,
  table = "tensors",
): Dispatch {
  const whole = over === "all";
  const tensors = site.arena.tensors.length;
  return {
    label,
    kernel: defineKernel({
      shader: "optim/sum_tensors.wgsl",
      uses: ["optim/segments.wgsl"],
      constants: { WHOLE: whole },
    }),
    buffers: { tensors: table, partials: "partials", sums: "sums" },
    shape: { segments: segmentCount(site, cut), tensors },
    workgroups: [whole ? 1 : tensors, 1, site.members],
  };
}

/** The buffers of `sumDispatches`, beside `tensorTable`. */
export function sumBuffers(site: Site, over: Sums["over"], cut: Cut = segmentsOf): Record<string, BufferSpec> {
  const [P, segments] = [site.members, segmentCount(site, cut)];
  const sums = over === "all" ? 1 : site.arena.tensors.length;
  const vectors = (count: number, what: string): BufferSpec => {
    return { bytes: 16 * P * count, usage: "storage", what: `${what}, f32 [P=${P}, ${count}, 4]` };
  };
  return { partials: vectors(64 * segments, "sums by segment and thread"), sums: vectors(sums, "sums") };
}
