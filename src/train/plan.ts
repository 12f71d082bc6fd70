import { readShader } from "#platform";
import type { BufferSpec } from "../gpu/buffers.ts";
import type { Dispatch } from "../gpu/dispatch.ts";
import { defineKernel, STEP_SHADER, stepLayout } from "../gpu/kernel.ts";
import { reflectStruct, type StructLayout } from "../gpu/reflect.ts";
import type { Tiling } from "../gpu/tiling.ts";
import {
  type DenseContext,
  type DenseInput,
  denseBackwardInput,
  denseBackwardWeights,
  denseForward,
} from "../nn/dense.ts";
import { initUniform } from "../nn/initUniform.ts";
import { type Mlp, mlp } from "../nn/mlp.ts";
import { METRICS_BYTES, softmaxCrossEntropy } from "../nn/softmaxCrossEntropy.ts";
import { roundUp } from "../nn/tensors.ts";
import type { Hyper, Optimizer, Slot } from "../optim/optimizer.ts";
import { findOptimizer } from "../optim/registry.ts";
import { hyperLayout, updateDispatch, usedSlots } from "../optim/update.ts";
import { expandMembers, type Member, type Recipe, RecipeError } from "./recipe.ts";

/** What a plan needs to know of a data set: its shapes. */
export interface DataShape {
  readonly trainCount: number;
  readonly testCount: number;
  /** Values of a sample: width * height. */
  readonly inputs: number;
  /** Bytes from one image to the next, a multiple of 4. */
  readonly rowBytes: number;
  readonly classes: number;
}

/** Dispatches that run together, in order. */
export type Stage = "init" | "shuffle" | "chunk" | "update" | "evaluate";

/** All that a run does on the GPU, as plain data: what it allocates, and what it dispatches. Needs no device. */
export interface Plan {
  readonly recipe: Recipe;
  readonly members: readonly Member[];
  readonly data: DataShape;
  readonly model: Mlp;
  readonly slots: readonly Slot[];
  readonly tiling: string;
  /** Samples a step; the last step of an epoch may have fewer. */
  readonly batch: number;
  readonly stepsPerEpoch: number;
  /** Planned length of the run. */
  readonly steps: number;
  /** Most samples that one pass through the network takes; a larger batch is worked through in chunks. */
  readonly chunkRows: number;
  /** The same for evaluation. */
  readonly evaluateRows: number;
  /** Most chunks in one submit, and most samples in all of them. */
  readonly submitChunks: number;
  readonly submitSamples: number;
  /** Rows of the tables of hyper-parameters and metrics; a step uses row `step % tableRows`. One more metrics row: evaluation. */
  readonly tableRows: number;
  readonly hyperLayout: StructLayout;
  /** What the shuffle fills: the uniform `range`. */
  readonly rangeLayout: StructLayout;
  readonly buffers: Readonly<Record<string, BufferSpec>>;
  readonly stages: Readonly<Record<Stage, readonly Dispatch[]>>;
}

/** Rows that fit the workgroup tiles well and keep activations small; it depends on nothing, so that results do not. */
const MAX_CHUNK_ROWS = 1000;
/** Rows of an evaluation where a chunk of training has too few; else both have the same, and so the same kernels. */
const EVALUATE_ROWS = 200;
const MIN_EVALUATE_ROWS = 50;
const MAX_SUBMIT_CHUNKS = 1024;
/** Sample indices of one submit, over all members: 16 MiB of them. */
const MAX_ORDER_ENTRIES = 2 ** 22;
/** The file whose `struct Range` says what the shuffle fills. */
const SHUFFLE_SHADER = "data/shuffle.wgsl";
/** Dynamic offsets of a uniform buffer are multiples of this. */
export const STEP_STRIDE = 256;

/** (x / 255 - 0.5) / 0.5 = x * scale + shift */
const NORMALISE = { scale: 2 / 255, shift: -1 };

/**
 * Compiles a recipe to a plan.
 * @throws RecipeError where the recipe does not suit the data
 */
export function makePlan(recipe: Recipe, data: DataShape, tiling: Tiling): Plan {
  const members = expandMembers(recipe);
  const batch = recipe.batch_size === "full" ? data.trainCount : recipe.batch_size;
  if (batch > data.trainCount) {
    throw new RecipeError(
      `batch_size: ${batch} is more than the ${data.trainCount} training samples; use at most that, or "full"`,
    );
  }
  // Members share the structure, so that the first one's hyper-parameters stand for it.
  const { name, ...structure } = (members[0] as Member).optimizer;
  const optimizer = findOptimizer(name) as Optimizer;
  const slots = usedSlots(optimizer, structure as Hyper);
  const model = mlp([data.inputs, ...recipe.hidden, data.classes], recipe.activation);
  const stepsPerEpoch = Math.ceil(data.trainCount / batch);
  const chunkRows = Math.ceil(batch / Math.ceil(batch / MAX_CHUNK_ROWS));
  const evaluateRows = Math.min(chunkRows < MIN_EVALUATE_ROWS ? EVALUATE_ROWS : chunkRows, data.testCount);
  const P = members.length;
  const submitSamples = Math.max(chunkRows, Math.min(data.trainCount, Math.floor(MAX_ORDER_ENTRIES / P)));
  const submitChunks = Math.max(1, Math.min(MAX_SUBMIT_CHUNKS, Math.floor(submitSamples / chunkRows)));
  const update = updateDispatch(optimizer, structure as Hyper, model.arena.stride, P, tiling.updateQuads);
  const capacity = Math.max(chunkRows, evaluateRows);
  const network = networkStages(model, data, tiling, {
    members: P,
    capacity,
    chunkRows,
    evaluateRows,
    accumulates: batch > chunkRows,
  });
  const plan = {
    recipe,
    members,
    data,
    model,
    slots,
    tiling: tiling.name,
    batch,
    stepsPerEpoch,
    steps: recipe.steps ?? recipe.epochs * stepsPerEpoch,
    chunkRows,
    evaluateRows,
    submitChunks,
    submitSamples,
    tableRows: submitChunks,
    hyperLayout: hyperLayout(update.kernel),
    rangeLayout: reflectStruct(readShader(SHUFFLE_SHADER), "Range"),
    stages: {
      init: initUniform(model, P),
      shuffle: [shuffleDispatch(submitSamples, P)],
      chunk: network.chunk,
      update: [update],
      evaluate: network.evaluate,
    },
  };
  return { ...plan, buffers: planBuffers(plan, capacity, !tiling.fusesGather) };
}

function networkStages(
  model: Mlp,
  data: DataShape,
  tiling: Tiling,
  size: { members: number; capacity: number; chunkRows: number; evaluateRows: number; accumulates: boolean },
): { chunk: Dispatch[]; evaluate: Dispatch[] } {
  const { layers, arena } = model;
  const { members, capacity } = size;
  const last = layers.at(-1) as (typeof layers)[number];
  const y = (i: number) => `${layers[i]?.name}.y`;
  const dy = (i: number) => `${layers[i]?.name}.dy`;
  const loss = (prefix: string) =>
    softmaxCrossEntropy(
      { z: `${last.name}.y`, dz: `${last.name}.dy`, labels: `${prefix}_labels`, order: orderOf(prefix) },
      { classes: data.classes, capacity, members },
    );
  const inputOf = (i: number, prefix: string): DenseInput => {
    if (i > 0) return { kind: "f32", x: y(i - 1) };
    if (!tiling.fusesGather) return { kind: "f32", x: "x" };
    return { kind: "u8", images: `${prefix}_images`, order: orderOf(prefix), ...NORMALISE };
  };
  const forward = (prefix: string, context: DenseContext) => [
    ...(tiling.fusesGather ? [] : [gatherDispatch(prefix, data, context)]),
    ...layers.map((layer, i) => denseForward(layer, inputOf(i, prefix), y(i), context)),
    loss(prefix),
  ];
  const context = { tiling, members, capacity, stride: arena.stride, accumulates: size.accumulates };
  const train = { ...context, rows: size.chunkRows };
  const backward = layers.map((layer, i) => {
    const previous = layers[i - 1];
    const weights = denseBackwardWeights(layer, inputOf(i, "train"), dy(i), train);
    if (!previous) return [weights]; // nothing needs the gradient of the data
    return [denseBackwardInput(layer, previous, { x: y(i - 1), dx: dy(i - 1), dy: dy(i) }, train), weights];
  });
  return {
    chunk: [...forward("train", train), ...backward.reverse().flat()],
    evaluate: forward("test", { ...context, rows: size.evaluateRows }),
  };
}

const orderOf = (prefix: string) => (prefix === "train" ? "order" : "test_order");

function gatherDispatch(prefix: string, data: DataShape, { members, capacity, rows }: DenseContext): Dispatch {
  const words = data.rowBytes / 4;
  return {
    label: "gather",
    kernel: defineKernel({ shader: "data/gather.wgsl", uses: [STEP_SHADER] }),
    buffers: { images: `${prefix}_images`, order: orderOf(prefix), x: "x" },
    shape: { width: data.inputs, words, x_stride: capacity * words, ...NORMALISE },
    workgroups: [Math.min(1024, Math.ceil((rows * words) / 64)), 1, members],
  };
}

function shuffleDispatch(samples: number, members: number): Dispatch {
  return {
    label: "shuffle",
    kernel: defineKernel({ shader: SHUFFLE_SHADER, uses: ["lib/random.wgsl"] }),
    buffers: { range: "range", seeds: "seeds", order: "order" },
    workgroups: [Math.min(256, Math.ceil(samples / 64)), 1, members],
  };
}

function planBuffers(plan: Omit<Plan, "buffers">, capacity: number, gathers: boolean): Record<string, BufferSpec> {
  const { data, model, members, slots, tableRows, submitChunks, submitSamples, hyperLayout } = plan;
  const P = members.length;
  const { stride } = model.arena;
  const storage = (bytes: number, what: string): BufferSpec => ({ bytes, usage: "storage", what });
  const floats = (count: number, what: string) => storage(4 * count, what);
  const activations = model.layers.flatMap(({ name, outputs }) => {
    const what = `f32 [P=${P}, ${capacity}, ${outputs}]`;
    const count = P * capacity * roundUp(outputs, 4);
    return [
      [`${name}.y`, floats(count, `output of ${name}, ${what}`)],
      [`${name}.dy`, floats(count, `gradient before the activation of ${name}, ${what}`)],
    ] as const;
  });
  return {
    train_images: storage(data.trainCount * data.rowBytes, `u8 [${data.trainCount}, ${data.inputs}]`),
    train_labels: storage(data.trainCount, `u8 [${data.trainCount}]`),
    test_images: storage(data.testCount * data.rowBytes, `u8 [${data.testCount}, ${data.inputs}]`),
    test_labels: storage(data.testCount, `u8 [${data.testCount}]`),
    test_order: storage(4 * data.testCount, `u32 [${data.testCount}]`),
    params: floats(P * stride, `parameters, f32 [P=${P}, ${stride}]`),
    grads: floats(P * stride, `gradients, f32 [P=${P}, ${stride}]`),
    ...(slots.length > 0 && {
      state: floats(P * slots.length * stride, `optimizer state, f32 [P=${P}, ${slots.length}, ${stride}]`),
    }),
    ...(gathers && {
      x: floats(P * capacity * data.rowBytes, `gathered samples, f32 [P=${P}, ${capacity}, ${data.inputs}]`),
    }),
    ...Object.fromEntries(activations),
    order: storage(4 * P * submitSamples, `sample indices of a submit, u32 [P=${P}, ${submitSamples}]`),
    seeds: storage(4 * P, `u32 [P=${P}]`),
    hypers: storage(tableRows * P * hyperLayout.size, `hyper-parameters by step, [${tableRows}, P=${P}]`),
    metrics: storage((tableRows + 1) * P * METRICS_BYTES, `loss and hits by step, [${tableRows + 1}, P=${P}]`),
    range: { bytes: plan.rangeLayout.size, usage: "uniform", what: "what the shuffle fills" },
    step: {
      bytes: submitChunks * STEP_STRIDE,
      usage: "uniform",
      what: `step uniform, ${stepLayout().size} bytes a row`,
    },
  };
}

/** A plan's optimizer: the plan is data, and holds its name alone. */
export function optimizerOf({ recipe }: Plan): Optimizer {
  return findOptimizer(recipe.optimizer.name) as Optimizer;
}
