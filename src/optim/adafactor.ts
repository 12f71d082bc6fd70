import { z } from "zod";
import type { BufferSpec } from "../gpu/buffers.ts";
import type { Dispatch } from "../gpu/dispatch.ts";
import { defineKernel, STEP_SHADER } from "../gpu/kernel.ts";
import { type Arena, layOut } from "../nn/tensors.ts";
import { defineOptimizer, type ExtraTensor, learningRate, type Optimizer, type Site } from "./optimizer.ts";
import { segmentGroups, segmentShape, sumBuffers, sumDispatches } from "./segments.ts";

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
  buffers: (_, site) => ({ ...sumBuffers(site, "tensor"), ...factorBuffers(site) }),
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

function factorBuffers({ arena, members: P }: Site): Record<string, BufferSpec> {
  const { tensors } = arena;
  const offsets = new Map(extraOf(arena).tensors.map(({ name, offset }) => [name, offset]));
  let [row, column] = [0, 0];
  const values = tensors.flatMap((tensor) => {
    const own = offsets.get(`variance.${tensor.name}`);
    const at = ["row_var", "col_var"].map((factor) => own ?? offsets.get(`${factor}.${tensor.name}`) ?? 0);
    const blocks = [row, column];
    row += rowBlocks(tensor);
    column += columnBlocks(tensor);
    return [...at, ...blocks];
  });
  const n = tensors.length;
  return {
    factors: { bytes: 4 * values.length, usage: "storage", what: `where factors lie, u32 [${n}, 4]`, values },
    means: { bytes: 4 * P * n, usage: "storage", what: `means of row averages, f32 [P=${P}, ${n}]` },
  };
}

/** Workgroups of adafactor_rows.wgsl and adafactor_columns.wgsl, 8 rows or 8 quads of columns each. */
const rowBlocks = ({ rows }: Tensors[number]) => (rows === 1 ? 0 : Math.ceil(rows / 8));
const columnBlocks = ({ rowStride }: Tensors[number]) => Math.ceil(rowStride / 32);
const spread = (blocks: number): readonly [number, number] => {
  const x = Math.max(1, Math.min(65535, blocks));
  return [x, Math.max(1, Math.ceil(blocks / x))];
};

function stages(site: Site): Dispatch[] {
  const { arena, groups, members } = site;
  const { tensors } = arena;
  const extra = extraOf(arena).stride;
  const quads = arena.stride / 4;
  const [rows, columns] = [rowBlocks, columnBlocks].map((blocks) =>
    tensors.reduce((sum, tensor) => sum + blocks(tensor), 0),
  ) as [number, number];
  const own = ["optim/adafactor.wgsl", "optim/row.wgsl"];
  const grouped = groups > 1 ? { GROUPS: groups } : {};
  const lookups = { extra: "extra", factors: "factors", tensors: "tensors" };
  const kernel = (shader: string, uses: readonly string[]) =>
    defineKernel({
      shader,
      uses: [STEP_SHADER, ...uses, "optim/segments.wgsl"],
      constants: uses.length > 0 ? grouped : {},
    });
  const variance = [...own, "optim/adafactor_variance.wgsl"];
  const constants = { ...grouped, TENSORS: tensors.length };
  const scalars = { buffer: "extra", stride: extra, perTensor: true };
  const [terms, sums] = sumDispatches(site, {
    label: "root mean squares",
    uses: [...variance, "optim/adafactor_terms.wgsl"],
    constants,
    buffers: { ...lookups, hypers: "hypers", params: "params", means: "means" },
    scalars,
    over: "tensor",
  }) as [Dispatch, Dispatch];
  return [
    {
      label: "row averages",
      kernel: kernel("optim/adafactor_rows.wgsl", own),
      buffers: { grads: "grads", hypers: "hypers", ...lookups },
      shape: { quads, blocks: rows, tensors: tensors.length, extra },
      workgroups: [...spread(rows), members],
      bytes: 4 * arena.stride,
    },
    {
      label: "column averages",
      kernel: kernel("optim/adafactor_columns.wgsl", own),
      buffers: { grads: "grads", hypers: "hypers", ...lookups },
      shape: { quads, blocks: columns, tensors: tensors.length, extra },
      workgroups: [...spread(columns), members],
      bytes: 4 * arena.stride,
    },
    {
      label: "means of row averages",
      kernel: kernel("optim/adafactor_mean.wgsl", []),
      buffers: { ...lookups, means: "means" },
      shape: { tensors: tensors.length, extra },
      workgroups: [tensors.length, 1, members],
    },
    { ...terms, bytes: 8 * arena.stride },
    sums,
    {
      label: "adafactor update",
      kernel: defineKernel({
        shader: "optim/update_segments.wgsl",
        uses: [STEP_SHADER, ...variance, "optim/segments.wgsl", "optim/adafactor_apply.wgsl"],
        constants,
      }),
      buffers: { grads: "grads", hypers: "hypers", params: "params", sums: "sums", means: "means", ...lookups },
      shape: segmentShape(site, scalars),
      workgroups: segmentGroups(site),
      bytes: 12 * arena.stride,
    },
  ];
}
