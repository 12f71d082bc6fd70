/** An element-wise function between layers, and its derivative, both of z. */
interface ElementWise {
  f(z: number): number;
  df(z: number): number;
}

const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));
const softplus = (z: number) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
const normalDensity = (z: number) => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
const SELU = { scale: 1.0507009873554805, alpha: 1.6732632423543772 };
const CUBIC = 0.044715;
const cubic = (z: number) => Math.sqrt(2 / Math.PI) * (z + CUBIC * z ** 3);

/** The normal distribution's function by its Taylor series, which is exact to rounding where it is needed; 0 or 1 beyond. */
function normalBelow(z: number): number {
  if (Math.abs(z) > 8) return z > 0 ? 1 : 0;
  let [term, sum] = [z, z];
  for (let n = 1; n < 400 && Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
    term *= (z * z) / (2 * n + 1);
    sum += term;
  }
  return 0.5 + sum * normalDensity(z);
}

const functions = {
  identity: { f: (z) => z, df: () => 1 },
  // At its kink its derivative counts as 0, as in PyTorch.
  relu: { f: (z) => Math.max(z, 0), df: (z) => (z > 0 ? 1 : 0) },
  leaky_relu: { f: (z) => (z > 0 ? z : 0.01 * z), df: (z) => (z > 0 ? 1 : 0.01) },
  elu: { f: (z) => (z > 0 ? z : Math.expm1(z)), df: (z) => (z > 0 ? 1 : Math.exp(z)) },
  selu: {
    f: (z) => SELU.scale * (z > 0 ? z : SELU.alpha * Math.expm1(z)),
    df: (z) => SELU.scale * (z > 0 ? 1 : SELU.alpha * Math.exp(z)),
  },
  sigmoid: { f: sigmoid, df: (z) => sigmoid(z) * sigmoid(-z) },
  tanh: { f: Math.tanh, df: (z) => 1 / Math.cosh(Math.min(Math.abs(z), 300)) ** 2 },
  softplus: { f: softplus, df: sigmoid },
  silu: { f: (z) => z * sigmoid(z), df: (z) => sigmoid(z) * (1 + z * sigmoid(-z)) },
  gelu: { f: (z) => z * normalBelow(z), df: (z) => normalBelow(z) + z * normalDensity(z) },
  gelu_tanh: {
    f: (z) => 0.5 * z * (1 + Math.tanh(cubic(z))),
    df: (z) => {
      const t = Math.tanh(cubic(z));
      return 0.5 * (1 + t) + 0.5 * z * (1 - t * t) * Math.sqrt(2 / Math.PI) * (1 + 3 * CUBIC * z * z);
    },
  },
  mish: {
    f: (z) => z * Math.tanh(softplus(z)),
    df: (z) => {
      const t = Math.tanh(softplus(z));
      return t + z * (1 - t * t) * sigmoid(z);
    },
  },
} as const satisfies Record<string, ElementWise>;

/** The element-wise functions between layers. */
export type Activation = keyof typeof functions;

/** All of them. */
export const activationNames = Object.keys(functions) as readonly Activation[];

/** y = f(z). */
export function activate(activation: Activation, z: number): number {
  return functions[activation].f(z);
}

/** y = f(z), any shape. */
export function activationForward(activation: Activation, z: Float64Array): Float64Array {
  return z.map(functions[activation].f);
}

/** dz = dy f'(z): dy and z of one shape. Where f is relu or the identity, y = f(z) does as well as z. */
export function activationBackward(activation: Activation, dy: Float64Array, z: Float64Array): Float64Array {
  return dy.map((value, i) => value * functions[activation].df(z[i] as number));
}
