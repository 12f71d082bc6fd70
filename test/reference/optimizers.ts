// The six optimizers in f64, from the definitions in PyTorch's documentation, sorted by rising complexity. Each says what
// one element undergoes; x is the parameter, g the gradient with the L2 term in it (g + weight_decay x), t the step from 1.
// `eps_root` stands inside the root, `eps` outside it.

/** Hyper-parameters by PyTorch's names; those left out have PyTorch's defaults. `lr` has none. */
export type Hyper = Readonly<Record<string, number | boolean>>;

/** What an optimizer keeps between steps, by PyTorch's names, each of the parameters' size. */
export type State = Record<string, Float64Array>;

/** An optimizer: its state before the first step, and one step, which changes `x` and `state` in place. */
export interface ReferenceOptimizer {
  init(size: number, hyper: Hyper): State;
  step(x: Float64Array, g: Float64Array, state: State, hyper: Hyper, t: number): void;
}

/** The learning rate of a step and what all of them share, read from `hyper` with PyTorch's defaults. */
function common(hyper: Hyper, eps = 0) {
  return {
    lr: hyper.lr as number,
    weight_decay: (hyper.weight_decay ?? 0) as number,
    eps: (hyper.eps ?? eps) as number,
    eps_root: (hyper.eps_root ?? 0) as number,
  };
}

/** Runs `element` on every element: `s` holds its state, which it may change; it returns the new x. */
function elementwise(
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
function slots(size: number, names: readonly string[], value = 0): State {
  return Object.fromEntries(names.map((name) => [name, new Float64Array(size).fill(value)]));
}

/** x -= lr g */
const sgd: ReferenceOptimizer = {
  init: () => ({}),
  step(x, g, state, hyper) {
    const { lr, weight_decay } = common(hyper);
    elementwise(x, g, state, weight_decay, (x, g) => x - lr * g);
  },
};

/** b = momentum b + (1 - dampening) g, at the first step b = g; x -= lr b */
const momentum: ReferenceOptimizer = {
  init: (size) => slots(size, ["momentum_buffer"]),
  step(x, g, state, hyper, t) {
    const { lr, weight_decay } = common(hyper);
    const { momentum = 0.9, dampening = 0 } = hyper as Record<string, number>;
    elementwise(x, g, state, weight_decay, (x, g, s) => {
      s.momentum_buffer = t === 1 ? g : momentum * (s.momentum_buffer as number) + (1 - dampening) * g;
      return x - lr * s.momentum_buffer;
    });
  },
};

/** b = momentum b + g; x -= lr (g + momentum b) */
const nesterov: ReferenceOptimizer = {
  init: (size) => slots(size, ["momentum_buffer"]),
  step(x, g, state, hyper) {
    const { lr, weight_decay } = common(hyper);
    const { momentum = 0.9 } = hyper as Record<string, number>;
    elementwise(x, g, state, weight_decay, (x, g, s) => {
      s.momentum_buffer = momentum * (s.momentum_buffer as number) + g;
      return x - lr * (g + momentum * s.momentum_buffer);
    });
  },
};

/** G = G + g^2; x -= lr / (1 + (t - 1) lr_decay) g / (sqrt(G + eps_root) + eps) */
const adagrad: ReferenceOptimizer = {
  init: (size, hyper) => slots(size, ["sum"], (hyper.initial_accumulator_value ?? 0) as number),
  step(x, g, state, hyper, t) {
    const { lr, weight_decay, eps, eps_root } = common(hyper, 1e-10);
    const rate = lr / (1 + (t - 1) * ((hyper.lr_decay ?? 0) as number));
    elementwise(x, g, state, weight_decay, (x, g, s) => {
      s.sum = (s.sum as number) + g * g;
      return x - (rate * g) / (Math.sqrt(s.sum + eps_root) + eps);
    });
  },
};

/**
 * G = alpha G + (1 - alpha) g^2; r = g / (sqrt(G + eps_root) + eps); x -= lr r.
 * Centered: a = alpha a + (1 - alpha) g, and G - a^2 stands under the root. With momentum: b = momentum b + r; x -= lr b.
 */
const rmsprop: ReferenceOptimizer = {
  init(size, hyper) {
    const names = ["square_avg"];
    if (hyper.centered) names.push("grad_avg");
    if (hyper.momentum) names.push("momentum_buffer");
    return slots(size, names);
  },
  step(x, g, state, hyper) {
    const { lr, weight_decay, eps, eps_root } = common(hyper, 1e-8);
    const { alpha = 0.99, momentum = 0 } = hyper as Record<string, number>;
    elementwise(x, g, state, weight_decay, (x, g, s) => {
      s.square_avg = alpha * (s.square_avg as number) + (1 - alpha) * g * g;
      let variance = s.square_avg;
      if (hyper.centered) {
        s.grad_avg = alpha * (s.grad_avg as number) + (1 - alpha) * g;
        variance -= s.grad_avg ** 2;
      }
      const scaled = g / (Math.sqrt(variance + eps_root) + eps);
      if (momentum === 0) return x - lr * scaled;
      s.momentum_buffer = momentum * (s.momentum_buffer as number) + scaled;
      return x - lr * s.momentum_buffer;
    });
  },
};

/**
 * m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2;
 * x -= lr m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t) + eps_root) + eps)
 */
const adam: ReferenceOptimizer = {
  init: (size) => slots(size, ["exp_avg", "exp_avg_sq"]),
  step(x, g, state, hyper, t) {
    const { lr, weight_decay, eps, eps_root } = common(hyper, 1e-8);
    const { beta1 = 0.9, beta2 = 0.999 } = hyper as Record<string, number>;
    elementwise(x, g, state, weight_decay, (x, g, s) => {
      s.exp_avg = beta1 * (s.exp_avg as number) + (1 - beta1) * g;
      s.exp_avg_sq = beta2 * (s.exp_avg_sq as number) + (1 - beta2) * g * g;
      const mean = s.exp_avg / (1 - beta1 ** t);
      const square = s.exp_avg_sq / (1 - beta2 ** t);
      return x - (lr * mean) / (Math.sqrt(square + eps_root) + eps);
    });
  },
};

/** The optimizers by name. */
export const referenceOptimizers: Readonly<Record<string, ReferenceOptimizer>> = {
  sgd,
  momentum,
  nesterov,
  adagrad,
  rmsprop,
  adam,
};

/** The reference of that name; throws where there is none. */
export function referenceOptimizer(name: string): ReferenceOptimizer {
  const found = referenceOptimizers[name];
  if (!found) throw new Error(`No reference for "${name}"; there is ${Object.keys(referenceOptimizers).join(", ")}.`);
  return found;
}

/**
 * Parameters after each step along fixed gradients.
 *
 * @param grads one array of gradients a step
 * @returns `after[k]`, the parameters after step k + 1, and the state after the last step
 */
export function trajectory(
  name: string,
  hyper: Hyper,
  params0: ArrayLike<number>,
  grads: readonly ArrayLike<number>[],
): { after: Float64Array[]; state: State } {
  const optimizer = referenceOptimizer(name);
  const x = Float64Array.from(params0);
  const state = optimizer.init(x.length, hyper);
  const after = grads.map((g, k) => {
    optimizer.step(x, Float64Array.from(g), state, hyper, k + 1);
    return x.slice();
  });
  return { after, state };
}
