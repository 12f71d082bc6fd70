import { type Activation, activate } from "./activation.ts";

/** Sizes of a dense layer at work: `rows` samples, `inputs` numbers in and `outputs` numbers out of each. */
export interface DenseShape {
  readonly rows: number;
  readonly inputs: number;
  readonly outputs: number;
}

/**
 * y = f(x W^T + b).
 *
 * @param x [rows, inputs]
 * @param weight [outputs, inputs]
 * @param bias [outputs]
 * @returns y [rows, outputs]
 */
export function denseForward(
  x: Float64Array,
  weight: Float64Array,
  bias: Float64Array,
  { rows, inputs, outputs }: DenseShape,
  activation: Activation = "identity",
): Float64Array {
  const y = new Float64Array(rows * outputs);
  for (let r = 0; r < rows; r++) {
    for (let o = 0; o < outputs; o++) {
      let z = bias[o] as number;
      for (let i = 0; i < inputs; i++) z += (x[r * inputs + i] as number) * (weight[o * inputs + i] as number);
      y[r * outputs + o] = activate(activation, z);
    }
  }
  return y;
}

/**
 * dx = dz W.
 *
 * @param dz [rows, outputs], the gradient in front of the activation
 * @param weight [outputs, inputs]
 * @returns dx [rows, inputs]
 */
export function denseBackwardInput(
  dz: Float64Array,
  weight: Float64Array,
  { rows, inputs, outputs }: DenseShape,
): Float64Array {
  const dx = new Float64Array(rows * inputs);
  for (let r = 0; r < rows; r++) {
    for (let o = 0; o < outputs; o++) {
      const d = dz[r * outputs + o] as number;
      for (let i = 0; i < inputs; i++) (dx[r * inputs + i] as number) += d * (weight[o * inputs + i] as number);
    }
  }
  return dx;
}

/**
 * dW = dz^T x, summed over the rows.
 *
 * @param dz [rows, outputs], the gradient in front of the activation
 * @param x [rows, inputs]
 * @returns dW [outputs, inputs]
 */
export function denseBackwardWeight(
  dz: Float64Array,
  x: Float64Array,
  { rows, inputs, outputs }: DenseShape,
): Float64Array {
  const dweight = new Float64Array(outputs * inputs);
  for (let r = 0; r < rows; r++) {
    for (let o = 0; o < outputs; o++) {
      const d = dz[r * outputs + o] as number;
      for (let i = 0; i < inputs; i++) (dweight[o * inputs + i] as number) += d * (x[r * inputs + i] as number);
    }
  }
  return dweight;
}

/**
 * db = the sum of dz over the rows.
 *
 * @param dz [rows, outputs], the gradient in front of the activation
 * @returns db [outputs]
 */
export function denseBackwardBias(
  dz: Float64Array,
  { rows, outputs }: Pick<DenseShape, "rows" | "outputs">,
): Float64Array {
  const dbias = new Float64Array(outputs);
  for (let r = 0; r < rows; r++) {
    for (let o = 0; o < outputs; o++) (dbias[o] as number) += dz[r * outputs + o] as number;
  }
  return dbias;
}
