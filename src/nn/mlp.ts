import { type ActivateLayer, isOfOutput } from "./activation.ts";
import type { DenseLayer } from "./dense.ts";
import type { NormLayer } from "./norm.ts";
import { type Arena, layOut } from "./tensors.ts";

/** A dense layer with what follows it up to the next. The last part that is there ends with the activation. */
export interface Block {
  readonly dense: DenseLayer;
  readonly norm?: NormLayer;
  /** Where the activation runs by itself: one whose gradient needs its input, or with dropout behind it. */
  readonly activate?: ActivateLayer;
}

/** A multilayer perceptron: dense layers fc1, fc2, ..., an activation between them, the last one's output raw (logits). */
export interface Mlp {
  readonly blocks: readonly Block[];
  /** The dense layers of the blocks. */
  readonly layers: readonly DenseLayer[];
  /** The parameters. */
  readonly arena: Arena;
  /** What is kept beside the parameters and no gradient changes: the running statistics of batch norm; else empty. */
  readonly running: Arena;
}

/** What stands between the dense layers beside their activation. */
export interface MlpOptions {
  /** Between a dense layer and its activation. */
  readonly norm?: "batch" | "layer" | undefined;
  /** Behind each activation. */
  readonly dropout?: boolean;
}

/** @param widths inputs, hidden widths (none for softmax regression), classes */
export function mlp(widths: readonly number[], activation: string, { norm, dropout = false }: MlpOptions = {}): Mlp {
  const shapes: Record<string, readonly number[]> = {};
  const runningShapes: Record<string, readonly number[]> = {};
  const last = widths.length - 1;
  const normName = (i: number) => `${norm === "batch" ? "bn" : "ln"}${i}`;
  for (let i = 1; i <= last; i++) {
    const width = widths[i] as number;
    shapes[`fc${i}.weight`] = [width, widths[i - 1] as number];
    shapes[`fc${i}.bias`] = [width];
    if (!norm || i === last) continue;
    shapes[`${normName(i)}.weight`] = [width];
    shapes[`${normName(i)}.bias`] = [width];
    if (norm !== "batch") continue;
    runningShapes[`${normName(i)}.running_mean`] = [width];
    runningShapes[`${normName(i)}.running_var`] = [width];
  }
  const [arena, running] = [layOut(shapes), layOut(runningShapes)];
  const find = (name: string, { tensors } = arena) =>
    tensors.find((tensor) => tensor.name === name) as Arena["tensors"][number];
  const isApart = dropout || !isOfOutput(activation);
  const blocks = widths.slice(1).map((width, at): Block => {
    const i = at + 1;
    const name = `fc${i}`;
    const isLast = i === last;
    const dense = {
      name,
      inputs: widths[at] as number,
      outputs: width,
      activation: isLast || norm || isApart ? "identity" : activation,
      weight: find(`${name}.weight`),
      bias: find(`${name}.bias`),
    };
    if (isLast) return { dense };
    const normed = norm && {
      kind: norm,
      name: normName(i),
      width,
      activation: isApart ? "identity" : activation,
      weight: find(`${normName(i)}.weight`),
      bias: find(`${normName(i)}.bias`),
      ...(norm === "batch" && {
        running: {
          mean: find(`${normName(i)}.running_mean`, running),
          variance: find(`${normName(i)}.running_var`, running),
          stride: running.stride,
        },
      }),
    };
    const activate = isApart && { name: `act${i}`, width, activation, ...(dropout && { dropout: { index: at } }) };
    return { dense, ...(normed && { norm: normed }), ...(activate && { activate }) };
  });
  return { blocks, layers: blocks.map(({ dense }) => dense), arena, running };
}
