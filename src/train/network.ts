import type { BufferSpec } from "../gpu/buffers.ts";
import type { Dispatch } from "../gpu/dispatch.ts";
import { defineKernel, STEP_SHADER } from "../gpu/kernel.ts";
import type { Tiling } from "../gpu/tiling.ts";
import { type ActivateLayer, activateBackward, activateForward } from "../nn/activation.ts";
import { batchNormBackward, batchNormForward, type RUNNING } from "../nn/batchNorm.ts";
import {
  type DenseContext,
  type DenseInput,
  type DenseLayer,
  denseBackwardInput,
  denseBackwardWeights,
  denseForward,
  type Epilogue,
} from "../nn/dense.ts";
import { layerNormBackward, layerNormForward } from "../nn/layerNorm.ts";
import { type Loss, lossDispatch } from "../nn/loss/loss.ts";
import type { Mlp } from "../nn/mlp.ts";
import type { NormLayer } from "../nn/norm.ts";
import { classifierTail } from "../nn/tail.ts";
import { roundUp } from "../nn/tensors.ts";
import { type DataShape, quadsOf } from "./dataShape.ts";

/** (x / 255 - 0.5) / 0.5 = x * scale + shift */
export const NORMALISE = { scale: 2 / 255, shift: -1 };

/** What a network's dispatches are made for. */
export interface NetworkSize {
  readonly members: number;
  readonly capacity: number;
  readonly chunkRows: number;
  readonly evaluateRows: number;
  /** Whether a step takes several chunks, whose gradients add up. */
  readonly accumulates: boolean;
  readonly loss: Loss;
  /** Whether labels are smoothed in training. */
  readonly smooths: boolean;
  /** Whether training samples share their labels in pairs. */
  readonly mixes: boolean;
  /** Write training samples to the buffer `x` in place of the data's own gather; the first layer then reads the result. */
  readonly gather?: readonly Dispatch[] | undefined;
  /** What becomes of dense layers' gradients; they go to the arena `grads` unless given. */
  readonly epilogue?: Epilogue | undefined;
}

/** A part of the network with an output of its own: `NAME.y`, and `NAME.dy`, the gradient before its activation. */
type Part =
  | { readonly kind: "dense"; readonly layer: DenseLayer }
  | { readonly kind: "norm"; readonly layer: NormLayer }
  | { readonly kind: "activate"; readonly layer: ActivateLayer };

const partsOf = ({ blocks }: Mlp): readonly Part[] =>
  blocks.flatMap(({ dense, norm, activate }): Part[] => [
    { kind: "dense", layer: dense },
    ...(norm ? [{ kind: "norm", layer: norm } as const] : []),
    ...(activate ? [{ kind: "activate", layer: activate } as const] : []),
  ]);

/** The activation that a part's kernel ends with: its gradient is left to what comes behind. */
const endOf = (part: Part) => ({ activation: part.kind === "activate" ? "identity" : part.layer.activation });

/**
 * All that a chunk of a step, and one of evaluation, does with the network: forward, loss, backward; what a plan asks for.
 * @returns `again`: a chunk of a further gradient of the same samples, which must not move running statistics a second time;
 *   `statistics`: a chunk of training samples, in the order `statistics_order`, for running statistics of the weights that are
 *   evaluated; `metricTiles`: entries of the metrics table for each step and member
 */
export function networkStages(
  model: Mlp,
  data: DataShape,
  tiling: Tiling,
  size: NetworkSize,
): Record<"chunk" | "again" | "evaluate" | "statistics", () => Dispatch[]> & { metricTiles: number } {
  const { members, capacity, accumulates } = size;
  const parts = partsOf(model);
  const last = model.layers.at(-1) as DenseLayer;
  const beforeLast = parts.at(-2);
  const y = (i: number) => `${parts[i]?.layer.name}.y`;
  const dy = (i: number) => `${parts[i]?.layer.name}.dy`;
  const normBuffers = (i: number) => {
    return { x: y(i - 1), y: y(i), dy: dy(i), dx: dy(i - 1), stats: `${parts[i]?.layer.name}.stats` };
  };
  const inputOf = (i: number, prefix: string): DenseInput => {
    if (i > 0) return { kind: "f32", x: y(i - 1) };
    if (!tiling.fusesGather || (prefix === "train" && size.gather)) return { kind: "f32", x: "x" };
    return { kind: "u8", images: `${prefix}_images`, order: orderOf(prefix), ...NORMALISE };
  };
  const context = { tiling, members, capacity, stride: model.arena.stride, accumulates };
  const train = { ...context, rows: size.chunkRows };
  const evaluate = { ...context, rows: size.evaluateRows };
  const tailOf = (rows: DenseContext) => {
    // The tail knows cross-entropy, and labels as they are.
    const softens = rows === train && (size.smooths || size.mixes);
    if (!beforeLast || size.loss.name !== "cross_entropy" || softens) return undefined;
    return tiling.tail?.({ k: last.inputs, n: last.outputs, rows: rows.rows, input: "f32", accumulates });
  };
  const tails = [tailOf(train), tailOf(evaluate)];
  const metricTiles = Math.max(1, ...tails.map((tail) => tail?.workgroups[1] ?? 1));

  /** From the data to the gradient of the logits, and of the last layer's input where the tail brings it along. */
  const forward = (prefix: string, rows: DenseContext, running: keyof typeof RUNNING = "moves"): Dispatch[] => {
    const trains = rows === train;
    const tail = tailOf(rows);
    const forwardOf = (part: Part, i: number): Dispatch => {
      if (part.kind === "dense") return denseForward(part.layer, inputOf(i, prefix), y(i), rows);
      if (part.kind === "activate") return activateForward(part.layer, { x: y(i - 1), y: y(i) }, rows, trains);
      if (part.layer.kind === "layer") return layerNormForward(part.layer, normBuffers(i), rows);
      return batchNormForward(part.layer, normBuffers(i), rows, trains, running);
    };
    const names = { labels: `${prefix}_labels`, order: orderOf(prefix), dz: `${last.name}.dy` };
    const [x, dx] = [y(parts.length - 2), dy(parts.length - 2)];
    const end =
      tail && beforeLast
        ? classifierTail(tail, last, endOf(beforeLast), { ...names, x, dx }, rows, metricTiles)
        : lossDispatch(
            size.loss,
            { ...names, z: `${last.name}.y` },
            {
              ...{ outputs: data.classes, targets: data.targets ?? "classes", capacity, members, tiles: metricTiles },
              smooths: trains && size.smooths,
              mixes: trains && size.mixes,
            },
          );
    return [
      ...(trains && size.gather ? size.gather : tiling.fusesGather ? [] : [gatherDispatch(prefix, data, rows)]),
      ...(tail ? parts.slice(0, -1) : parts).map(forwardOf),
      end,
    ];
  };

  const backwardOf = (part: Part, i: number): readonly Dispatch[] => {
    const previous = parts[i - 1];
    if (part.kind === "activate") {
      return [activateBackward(part.layer, { x: y(i - 1), dy: dy(i), dx: dy(i - 1) }, train)];
    }
    if (part.kind === "norm") {
      return (part.layer.kind === "layer" ? layerNormBackward : batchNormBackward)(part.layer, normBuffers(i), train);
    }
    const weights = denseBackwardWeights(part.layer, inputOf(i, "train"), dy(i), train, size.epilogue);
    // Nothing needs the gradient of the data, and the tail has brought that of the last layer's input.
    if (!previous || (part.layer === last && tailOf(train))) return [weights];
    const names = { x: y(i - 1), dx: dy(i - 1), dy: dy(i) };
    return [denseBackwardInput(part.layer, endOf(previous), names, train), weights];
  };
  /** Up to the last batch norm: nothing is dropped out, and no image is changed, as evaluation will have it. */
  const statistics = (): Dispatch[] => {
    const rows = { ...context, rows: capacity };
    const order = "statistics_order";
    const first: DenseInput = tiling.fusesGather
      ? { kind: "u8", images: "train_images", order, ...NORMALISE }
      : { kind: "f32", x: "x" };
    const passed = parts.slice(
      0,
      parts.findLastIndex(({ kind, layer }) => kind === "norm" && layer.kind === "batch") + 1,
    );
    return [
      ...(tiling.fusesGather ? [] : [gatherDispatch("train", data, rows, order)]),
      ...passed.map((part, i): Dispatch => {
        if (part.kind === "dense") return denseForward(part.layer, i === 0 ? first : inputOf(i, "train"), y(i), rows);
        if (part.kind === "activate") return activateForward(part.layer, { x: y(i - 1), y: y(i) }, rows, false);
        return batchNormForward(part.layer, normBuffers(i), rows, true, "isMean");
      }),
    ];
  };
  const backward = () => parts.map(backwardOf).reverse().flat();
  return {
    chunk: () => [...forward("train", train), ...backward()],
    again: () => [...forward("train", train, "stays"), ...backward()],
    evaluate: () => forward("test", evaluate),
    statistics,
    metricTiles,
  };
}

/** What the parts of a network keep between forward and backward. */
export function networkBuffers(model: Mlp, members: number, capacity: number): Record<string, BufferSpec> {
  const floats = (count: number, what: string): BufferSpec => ({ bytes: 4 * count, usage: "storage", what });
  const specs = partsOf(model).flatMap(({ kind, layer }) => {
    const { name } = layer;
    const width = kind === "dense" ? layer.outputs : layer.width;
    const what = `f32 [P=${members}, ${capacity}, ${width}]`;
    const quads = roundUp(width, 4);
    const count = members * capacity * quads;
    const stats =
      kind !== "norm"
        ? []
        : layer.kind === "batch"
          ? [[`${name}.stats`, floats(members * 2 * quads, `mean and 1 / deviation, f32 [P=${members}, 2, ${width}]`)]]
          : [
              [
                `${name}.stats`,
                floats(members * capacity * 2, `mean and 1 / deviation, f32 [P=${members}, ${capacity}, 2]`),
              ],
            ];
    return [
      [`${name}.y`, floats(count, `output of ${name}, ${what}`)],
      [`${name}.dy`, floats(count, `gradient before the activation of ${name}, ${what}`)],
      ...stats,
    ] as [string, BufferSpec][];
  });
  return Object.fromEntries(specs);
}

const orderOf = (prefix: string) => (prefix === "train" ? "order" : "test_order");

/** Writes a chunk's samples as floats, for a first layer that does not read bytes. */
export function gatherDispatch(
  prefix: string,
  { inputs, features }: Pick<DataShape, "inputs" | "features">,
  { members, capacity, rows }: Pick<DenseContext, "members" | "capacity" | "rows">,
  order = orderOf(prefix),
): Dispatch {
  const words = quadsOf(inputs);
  const workgroups = [Math.min(1024, Math.ceil((rows * words) / 64)), 1, members] as const;
  if (features === "f32") {
    return {
      label: "gather",
      kernel: defineKernel({ shader: "data/gather_f32.wgsl", uses: [STEP_SHADER] }),
      buffers: { features: `${prefix}_images`, order, x: "x" },
      shape: { quads: words, x_stride: capacity * words },
      workgroups,
    };
  }
  return {
    label: "gather",
    kernel: defineKernel({ shader: "data/gather.wgsl", uses: [STEP_SHADER] }),
    buffers: { images: `${prefix}_images`, order, x: "x" },
    shape: { width: inputs, words, x_stride: capacity * words, ...NORMALISE },
    workgroups,
  };
}
