import { type Activation, activationBackward, activationForward } from "./activation.ts";
import { denseBackwardBias, denseBackwardInput, denseBackwardWeight, denseForward } from "./dense.ts";
import { batchLoss, type LossSetting } from "./losses.ts";
import { EPS, type Norm, type Normed, normBackward, normForward } from "./norm.ts";
import { softmaxCrossEntropy } from "./softmaxCrossEntropy.ts";

/** A network: dense layers, between them normalisation, activation and dropout, each where it is wanted. */
export interface Network {
  /** Inputs, hidden widths, classes. */
  readonly widths: readonly number[];
  readonly activation: Activation;
  readonly norm?: Norm;
  /** What dropout multiplies a hidden output by; layers count from 0. */
  readonly mask?: (layer: number, row: number, column: number) => number;
  readonly smoothing?: number;
  /** Cross-entropy unless given. */
  readonly loss?: LossSetting;
}

/** Parameters, gradients or running statistics by name: `fc1.weight` [out, in], `bn1.weight`, `bn1.running_mean`. */
export type Tensors = Record<string, Float64Array>;

/** A step through the network. */
export interface NetworkStep {
  readonly logits: Float64Array;
  /** Mean over the batch. */
  readonly loss: number;
  readonly gradients: Tensors;
  /** Mean and unbiased variance of the batch by batch-norm layer, counted from 1. */
  readonly statistics: Tensors;
}

/**
 * Loss and gradients of one batch.
 *
 * @param x [rows, inputs]
 * @param labels [rows]
 * @param running statistics to normalise by in place of the batch's, as evaluation does; then there are no gradients
 */
export function networkStep(
  network: Network,
  params: Tensors,
  x: Float64Array,
  labels: ArrayLike<number>,
  running?: Tensors,
): NetworkStep {
  const { widths, activation, norm, mask, smoothing = 0, loss: setting } = network;
  const rows = labels.length;
  const last = widths.length - 1;
  const get = (name: string) => params[name] as Float64Array;
  const normName = (i: number) => `${norm === "batch" ? "bn" : "ln"}${i}`;
  const masked = (values: Float64Array, i: number) => {
    const width = widths[i] as number;
    return mask ? values.map((value, at) => value * mask(i - 1, Math.floor(at / width), at % width)) : values;
  };

  const inputs: Float64Array[] = [x];
  const sums: Float64Array[] = []; // in front of the activation
  const normed: Normed[] = [];
  const statistics: Tensors = {};
  for (let i = 1; i <= last; i++) {
    const shape = { rows, inputs: widths[i - 1] as number, outputs: widths[i] as number };
    let z = denseForward(inputs[i - 1] as Float64Array, get(`fc${i}.weight`), get(`fc${i}.bias`), shape);
    if (i === last) {
      sums.push(z);
      break;
    }
    const name = normName(i);
    if (norm && running) {
      const [mean, variance] = [running[`${name}.running_mean`], running[`${name}.running_var`]] as Float64Array[];
      z = z.map((value, at) => {
        const c = at % shape.outputs;
        const centered = (value - (mean?.[c] as number)) / Math.sqrt((variance?.[c] as number) + EPS);
        return centered * (get(`${name}.weight`)[c] as number) + (get(`${name}.bias`)[c] as number);
      });
    } else if (norm) {
      const own = normForward(norm, z, get(`${name}.weight`), get(`${name}.bias`));
      normed[i] = own;
      z = own.y;
      statistics[`${name}.mean`] = own.mean;
      statistics[`${name}.var`] = own.variance.map((value) => (value * rows) / (rows - 1));
    }
    sums.push(z);
    inputs.push(masked(activationForward(activation, z), i));
  }

  const logits = sums.at(-1) as Float64Array;
  const outputs = widths[last] as number;
  const { losses, dlogits } = setting
    ? batchLoss(setting, logits, { labels }, outputs)
    : softmaxCrossEntropy(logits, labels, outputs, rows, smoothing);
  const loss = losses.reduce((sum, value) => sum + value, 0) / rows;
  if (running) return { logits, loss, gradients: {}, statistics };
  const gradients: Tensors = {};
  let dz = dlogits;
  for (let i = last; i > 0; i--) {
    const shape = { rows, inputs: widths[i - 1] as number, outputs: widths[i] as number };
    gradients[`fc${i}.weight`] = denseBackwardWeight(dz, inputs[i - 1] as Float64Array, shape);
    gradients[`fc${i}.bias`] = denseBackwardBias(dz, shape);
    if (i === 1) break;
    const dy = masked(denseBackwardInput(dz, get(`fc${i}.weight`), shape), i - 1);
    dz = activationBackward(activation, dy, sums[i - 2] as Float64Array);
    if (!norm) continue;
    const name = normName(i - 1);
    const { dx, weight, bias } = normBackward(norm, dz, normed[i - 1] as Normed, get(`${name}.weight`));
    gradients[`${name}.weight`] = weight;
    gradients[`${name}.bias`] = bias;
    dz = dx;
  }
  return { logits, loss, gradients, statistics };
}
