import type { Dispatch } from "../gpu/dispatch.ts";
import type { NormBuffers } from "./batchNorm.ts";
import { activationShader, type DenseContext, keepGradient } from "./dense.ts";
import { type NormLayer, normDispatch } from "./norm.ts";

/** Layer norm with its activation, the same in training and evaluation. */
export function layerNormForward(layer: NormLayer, { x, y, stats }: NormBuffers, context: DenseContext): Dispatch {
  const kernel = { shader: "layer_forward", uses: [activationShader(layer.activation)] };
  return normDispatch(layer, "forward", kernel, { x, params: "params", y, stats }, context, "rows");
}

/** The gradients of layer norm's input, weight and bias. */
export function layerNormBackward(
  layer: NormLayer,
  { x, dy, dx, stats }: NormBuffers,
  context: DenseContext,
): readonly Dispatch[] {
  const { uses, constants, buffers } = keepGradient(context);
  const input = { shader: "layer_backward_input", uses: [] };
  const weights = { shader: "layer_backward_weights", uses, constants };
  return [
    normDispatch(layer, "backward input", input, { x, params: "params", dy, stats, dx }, context, "rows"),
    normDispatch(layer, "backward weights", weights, { x, dy, stats, ...buffers }, context, "columns"),
  ];
}
