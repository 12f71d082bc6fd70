import { type Activation, activationBackward } from "./activation.ts";
import { denseBackwardBias, denseBackwardInput, denseBackwardWeight, denseForward } from "./dense.ts";
import { uniform } from "./random.ts";
import { type SoftmaxCrossEntropy, softmaxCrossEntropy } from "./softmaxCrossEntropy.ts";

/** The parameters of one dense layer, or their gradients. */
export interface Layer {
  readonly inputs: number;
  readonly outputs: number;
  /** [outputs, inputs] */
  readonly weight: Float64Array;
  /** [outputs] */
  readonly bias: Float64Array;
}

/** A step through the network. */
export interface MlpStep extends SoftmaxCrossEntropy {
  /** What each layer gives, [rows, outputs]; the last are the logits. */
  readonly outputs: readonly Float64Array[];
  /** The gradient of the mean loss with respect to each layer's parameters. */
  readonly gradients: readonly Layer[];
}

/**
 * A network's start: weights and biases uniform in +-1/sqrt(inputs), the default of PyTorch's `Linear`.
 *
 * @param sizes inputs, the hidden layers' sizes (none for a linear classifier), classes
 */
export function mlpInit(sizes: readonly number[], seed: number): Layer[] {
  return sizes.slice(1).map((outputs, l) => {
    const inputs = sizes[l] as number;
    const scale = 1 / Math.sqrt(inputs);
    return {
      inputs,
      outputs,
      weight: uniform(outputs * inputs, seed + 2 * l, scale),
      bias: uniform(outputs, seed + 2 * l + 1, scale),
    };
  });
}

/**
 * The outputs of every layer; the activation follows all but the last.
 *
 * @param x [rows, inputs of the first layer]
 */
export function mlpForward(
  layers: readonly Layer[],
  x: Float64Array,
  rows: number,
  activation: Activation = "relu",
): Float64Array[] {
  const outputs: Float64Array[] = [];
  for (const [l, layer] of layers.entries()) {
    const last = l === layers.length - 1;
    const input = outputs[l - 1] ?? x;
    outputs.push(denseForward(input, layer.weight, layer.bias, { rows, ...layer }, last ? "identity" : activation));
  }
  return outputs;
}

/**
 * Loss and gradients of one batch.
 *
 * @param x [rows, inputs of the first layer]
 * @param labels [rows]
 */
export function mlpStep(
  layers: readonly Layer[],
  x: Float64Array,
  labels: ArrayLike<number>,
  activation: Activation = "relu",
): MlpStep {
  const rows = labels.length;
  const outputs = mlpForward(layers, x, rows, activation);
  const loss = softmaxCrossEntropy(outputs.at(-1) ?? x, labels, layers.at(-1)?.outputs ?? 0);

  const gradients: Layer[] = [];
  let dz = loss.dlogits;
  for (let l = layers.length - 1; l >= 0; l--) {
    const { inputs, outputs: width, weight } = layers[l] as Layer;
    const shape = { rows, inputs, outputs: width };
    const input = outputs[l - 1] ?? x;
    gradients.unshift({
      inputs,
      outputs: width,
      weight: denseBackwardWeight(dz, input, shape),
      bias: denseBackwardBias(dz, shape),
    });
    if (l > 0) dz = activationBackward(activation, denseBackwardInput(dz, weight, shape), input);
  }
  return { ...loss, outputs, gradients };
}
