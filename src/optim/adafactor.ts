import { z } from "zod";
import type { BufferSpec } from "../gpu/buffers.ts";
import type { Dispatch } from "../gpu/dispatch.ts";
import { defineKernel, STEP_SHADER } from "../gpu/kernel.ts";
import { type Arena, layOut } from "../nn/tensors.ts";
import { defineOptimizer, type ExtraTensor, learningRate, type Optimizer, type Site } from "./optimizer.ts";
import { placeTable, rowConstants, segmentCount, segmentGroups, sumBuffers, sumTensors } from "./segments.ts";

/** Adafactor, as torch.optim.Adafactor, whose beta2_decay has a minus before it. */
export const adafactor: Optimizer = defineOptimizer({
  name: "adafactor",
  summary: "adam without momentum, its squares kept by row and column alone",
  hyper: z.strictObject({
    lr: learningRate(0.01),
    beta2_decay: z.number().positive().default(0.8).describe("power c by which beta2 = 1 - t^-c nears 1"),
    eps1: z.number().positive().default(1e-30).describe("added to squares, against division by zero"),
    eps2: z.number().positive().default(1e-3).describe("least size that a tensor counts as"),
    d: z.number().positive().default(1).describe("most root mean square of an update, before the rate"),
    relative_step: z.boolean().default(true).describe("whether the rate falls to 1 / sqrt(t)"),
    weight_decay: z.number().min(0).default(0).describe("decoupled decay: each step takes lr weight_decay x from x"),
  }),
  slots: () => [],
  extra: (_, { tensors }) => tensors.flatMap(factorsOf),
  step({ lr, beta2_decay, eps1, eps2, d, relative_step, weight_decay }, t) {
    const one_minus_beta2 = t ** -beta2_decay;
    const rho = relative_step ? Math.min(lr, 1 / Math.sqrt(t)) : lr;
    return { rho, beta2: 1 - one_minus_beta2, one_minus_beta2, eps1, eps2, d, decay: lr * weight_decay };
  },
  stages: (_, site) => stages(site),
  buffers: (_, site) => factorBuffers(site),
});

type Tensors = Arena["tensors"];

/** PyTorch's names: row_var and col_var of a matrix, variance of a vector. */
function factorsOf({ name, rows, columns }: Tensors[number]): ExtraTensor[] {
  if (rows === 1) return [{ name: `variance.${name}`, shape: [columns] }];
  return [
    { name: `row_var.${name}`, shape: [rows] },
    { name: `col_var.${name}`, shape: [columns] },
  ];
}

const extraOf = ({ tensors }: Arena) =>
  layOut(Object.fromEntries(tensors.flatMap(factorsOf).map(({ name, shape }) => [name, shape])));

/** Rows and quads of a thread's tile, 64 of which make a segment: shaders/optim/adafactor_tiles.wgsl. */
const [BAND, WIDE] = [16, 4];
const tileSegments = ({ rows, rowStride }: Tensors[number]): number =>
  Math.ceil((Math.ceil(rows / BAND) * Math.ceil(rowStride / 4 / WIDE)) / 64);

function factorBuffers(site: Site): Record<string, BufferSpec> {
  const { arena, members: P } = site;
  const offsets = new Map(extraOf(arena).tensors.map(({ name, offset }) => [name, offset]));
  const values = arena.tensors.flatMap(({ name }) => {
    const own = offsets.get(`variance.${name}`);
    return ["row_var", "col_var"].map((factor) => own ?? offsets.get(`${factor}.${name}`) ?? 0);
  });
  const [n, tiles] = [arena.tensors.length, 64 * segmentCount(site, tileSegments)];
  const floats = (count: number, what: string, shape: string): BufferSpec => {
    return { bytes: 4 * P * count, usage: "storage", what: `${what}, f32 [P=${P}, ${shape}]` };
  };
  return {
    ...sumBuffers(site, "tensor", tileSegments),
    tiles: placeTable(site, tileSegments),
    factors: { bytes: 4 * values.length, usage: "storage", what: `where factors lie, u32 [${n}, 2]`, values },
    column_sums: floats(4 * WIDE * tiles, "sums of squares down tiles", `${tiles}, ${WIDE}, 4`),
    row_sums: floats(BAND * tiles, "sums of squares along tiles", `${tiles}, ${BAND}`),
    means: floats(n, "means of row averages", `${n}`),
  };
}

function stages(site: Site): Dispatch[] {
  const { arena, members } = site;
  const { tensors, stride } = arena;
  const [own, tiles, direction] = [
    ["optim/adafactor.wgsl", "optim/row.wgsl"],
    ["optim/segments.wgsl", "optim/adafactor_tiles.wgsl"],
    ["optim/adafactor_direction.wgsl"],
  ];
  const kernel = (shader: string, ...uses: string[]) =>
    defineKernel({
      shader: `optim/adafactor_${shader}.wgsl`,
      uses,
      constants: uses.includes("optim/row.wgsl") ? rowConstants(site) : {},
    });
  const arenaShape = { quads: stride / 4, segments: segmentCount(site, tileSegments), tensors: tensors.length };
  const extra = { extra: extraOf(arena).stride };
  const shape = { ...arenaShape, ...extra };
  const workgroups = segmentGroups(site, tileSegments);
  const tables = { tensors: "tiles", factors: "factors" };
  const averages = { row_averages: "extra", column_averages: "extra", means: "means" };
  const mostFactors = Math.max(...tensors.map(({ rows, rowStride }) => (rows > 1 ? rows : 0) + rowStride / 4));
  return [
    {
      label: "squares by row and column",
      kernel: kernel("squares", ...tiles),
      buffers: { tensors: "tiles", grads: "grads", column_sums: "column_sums", row_sums: "row_sums" },
      shape: arenaShape,
      workgroups,
      bytes: 4 * stride,
    },
    {
      label: "row and column averages",
      kernel: kernel("factors", STEP_SHADER, ...own, ...tiles),
      buffers: { ...tables, hypers: "hypers", column_sums: "column_sums", row_sums: "row_sums", extra: "extra" },
      shape: { segments: shape.segments, ...extra },
      workgroups: [Math.ceil(mostFactors / 64), tensors.length, members],
    },
    {
      label: "means of row averages",
      kernel: kernel("mean", "optim/segments.wgsl"),
      buffers: { ...tables, extra: "extra", means: "means" },
      shape: { tensors: tensors.length, ...extra },
      workgroups: [tensors.length, 1, members],
    },
    {
      label: "root mean squares by tile",
      kernel: kernel("terms", ...tiles, ...direction),
      buffers: { ...tables, ...averages, grads: "grads", params: "params", partials: "partials" },
      shape,
      workgroups,
      bytes: 8 * stride,
    },
    sumTensors(site, "root mean squares", "tensor", tileSegments, "tiles"),
    {
      label: "adafactor update",
      kernel: kernel("update", STEP_SHADER, ...own, ...tiles, ...direction),
      buffers: { ...tables, ...averages, grads: "grads", hypers: "hypers", params: "params", sums: "sums" },
      shape,
      workgroups,
      bytes: 12 * stride,
    },
  ];
}
