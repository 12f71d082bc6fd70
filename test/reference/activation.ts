/** The element-wise functions between layers. */
export type Activation = "identity" | "relu";

/** y = f(z). */
export function activate(activation: Activation, z: number): number {
  return activation === "relu" ? Math.max(z, 0) : z;
}

/** f'(z) from y = f(z), which is all that backward keeps. At its kink relu's derivative counts as 0, as in PyTorch. */
export function derivative(activation: Activation, y: number): number {
  return activation === "relu" ? (y > 0 ? 1 : 0) : 1;
}

/** y = f(z), any shape. */
export function activationForward(activation: Activation, z: Float64Array): Float64Array {
  return z.map((value) => activate(activation, value));
}

/** dz = dy f'(z): dy and y = f(z) of one shape. */
export function activationBackward(activation: Activation, dy: Float64Array, y: Float64Array): Float64Array {
  return dy.map((value, i) => value * derivative(activation, y[i] as number));
}
