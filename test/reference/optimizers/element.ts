// What the optimizers in f64 share. Each says what one element undergoes: x is the parameter, g the gradient with the L2
// term in it (g + weight_decay x), t the step from 1. `eps_root` stands inside the root, `eps` outside it.

/** Hyper-parameters by PyTorch's names; those left out have PyTorch's defaults. `lr` has none. */
export type Hyper = Readonly<Record<string, number | boolean>>;

/** What an optimizer keeps between steps, by PyTorch's names, each of the parameters' size. */
export type State = Record<string, Float64Array>;

/** Where a tensor's values lie among all parameters. A vector is one row. */
export interface TensorRange {
  readonly name: string;
  readonly at: number;
  readonly rows: number;
  readonly columns: number;
}

/**
 * An optimizer: its state before the first step at x, and one step, which changes `x` and `state` in place. Only some need
 * to know x at the start, and the tensors.
 */
export interface ReferenceOptimizer {
  init(size: number, hyper: Hyper, x?: Float64Array, tensors?: readonly TensorRange[]): State;
  step(x: Float64Array, g: Float64Array, state: State, hyper: Hyper, t: number, tensors?: readonly TensorRange[]): void;
  /** The weights for evaluation, where they are others. */
  seen?(state: State): Float64Array;
}

/** The learning rate of a step and what all of them share, read from `hyper` with PyTorch's defaults. */
export function common(hyper: Hyper, eps = 0) {
  return {
    lr: hyper.lr as number,
    weight_decay: (hyper.weight_decay ?? 0) as number,
    eps: (hyper.eps ?? eps) as number,
    eps_root: (hyper.eps_root ?? 0) as number,
  };
}

/** Runs `element` on every element: `s` holds its state, which it may change; it returns the new x. */
export function elementwise(
  x: Float64Array,
  g: Float64Array,
  state: State,
  weight_decay: number,
  element: (x: number, g: number, s: Record<string, number>) => number,
): void {
  const s: Record<string, number> = {};
  for (let i = 0; i < x.length; i++) {
    for (const name in state) s[name] = state[name]?.[i] as number;
    const before = x[i] as number;
    x[i] = element(before, (g[i] as number) + weight_decay * before, s);
    for (const name in state) (state[name] as Float64Array)[i] = s[name] as number;
  }
}

/** `names` arrays of `size` elements, filled with `value`. */
export function slots(size: number, names: readonly string[], value = 0): State {
  return Object.fromEntries(names.map((name) => [name, new Float64Array(size).fill(value)]));
}
