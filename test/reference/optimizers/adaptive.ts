// Optimizers with a rate for each parameter, in f64; element.ts says what the letters stand for.
import { common, elementwise, type ReferenceOptimizer, slots } from "./element.ts";

/** Duchi, Hazan and Singer 2011, figure 1: G = G + g^2; x -= lr / (1 + (t - 1) lr_decay) g / (sqrt(G + eps_root) + eps) */
export const adagrad: ReferenceOptimizer = {
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
 * Tieleman and Hinton 2012, lecture 6.5; centered: Graves 2013, equations 38 to 45.
 * G = alpha G + (1 - alpha) g^2; r = g / (sqrt(G + eps_root) + eps); x -= lr r.
 * Centered: a = alpha a + (1 - alpha) g, and G - a^2 stands under the root. With momentum: b = momentum b + r; x -= lr b.
 */
export const rmsprop: ReferenceOptimizer = {
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
 * Zeiler 2012, algorithm 1: E = rho E + (1 - rho) g^2; d = sqrt(D + eps) / sqrt(E + eps) g; D = rho D + (1 - rho) d^2;
 * x -= lr d
 */
export const adadelta: ReferenceOptimizer = {
  init: (size) => slots(size, ["square_avg", "acc_delta"]),
  step(x, g, state, hyper) {
    const { lr, weight_decay, eps } = common(hyper, 1e-6);
    const { rho = 0.9 } = hyper as Record<string, number>;
    elementwise(x, g, state, weight_decay, (x, g, s) => {
      s.square_avg = rho * (s.square_avg as number) + (1 - rho) * g * g;
      const d = Math.sqrt(((s.acc_delta as number) + eps) / (s.square_avg + eps)) * g;
      s.acc_delta = rho * (s.acc_delta as number) + (1 - rho) * d * d;
      return x - lr * d;
    });
  },
};
