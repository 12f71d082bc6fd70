// Gradient descent, momentum and what goes by signs, in f64; element.ts says what the letters stand for.
import { common, elementwise, type ReferenceOptimizer, slots } from "./element.ts";

/** Robbins and Monro 1951: x -= lr g */
export const sgd: ReferenceOptimizer = {
  init: () => ({}),
  step(x, g, state, hyper) {
    const { lr, weight_decay } = common(hyper);
    elementwise(x, g, state, weight_decay, (x, g) => x - lr * g);
  },
};

/** Polyak 1964, as torch.optim.SGD: b = momentum b + (1 - dampening) g, at the first step b = g; x -= lr b */
export const momentum: ReferenceOptimizer = {
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

/** Sutskever et al. 2013, equations 3 and 4, at the look-ahead point: b = momentum b + g; x -= lr (g + momentum b) */
export const nesterov: ReferenceOptimizer = {
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

/**
 * PyTorch's documentation of ASGD: eta_t = lr / (1 + lambd lr (t - 1))^alpha, mu_t = 1 / max(1, t - 1 - t0);
 * x = (1 - lambd eta) x - eta g; ax = ax + mu (x - ax)
 */
export const asgd: ReferenceOptimizer = {
  init: (size) => slots(size, ["ax"]),
  step(x, g, state, hyper, t) {
    const { lr, weight_decay } = common(hyper);
    const { lambd = 1e-4, alpha = 0.75, t0 = 1e6 } = hyper as Record<string, number>;
    const eta = lr / (1 + lambd * lr * (t - 1)) ** alpha;
    const mu = 1 / Math.max(1, t - 1 - t0);
    elementwise(x, g, state, weight_decay, (x, g, s) => {
      const next = (1 - lambd * eta) * x - eta * g;
      s.ax = (1 - mu) * (s.ax as number) + mu * next;
      return next;
    });
  },
  // Before t0, mu is 1 and ax is x.
  seen: (state) => state.ax as Float64Array,
};

/**
 * Chen et al. 2023, algorithm 2: c = beta1 m + (1 - beta1) g; x -= lr (sign(c) + weight_decay x);
 * m = beta2 m + (1 - beta2) g. Here g has no L2 term in it.
 */
export const lion: ReferenceOptimizer = {
  init: (size) => slots(size, ["exp_avg"]),
  step(x, g, state, hyper) {
    const { lr, weight_decay } = common(hyper);
    const { beta1 = 0.9, beta2 = 0.99 } = hyper as Record<string, number>;
    elementwise(x, g, state, 0, (x, g, s) => {
      const m = s.exp_avg as number;
      s.exp_avg = beta2 * m + (1 - beta2) * g;
      return x - lr * (Math.sign(beta1 * m + (1 - beta1) * g) + weight_decay * x);
    });
  },
};

/**
 * Riedmiller and Braun 1993, equations 4 and 5; without their backtracking but with g = 0 where the sign turns: iRprop-
 * of Igel and Huesken 2000. The step size d starts at lr, and x -= d sign(g).
 */
export const rprop: ReferenceOptimizer = {
  init: (size, hyper) => ({ ...slots(size, ["prev"]), ...slots(size, ["step_size"], hyper.lr as number) }),
  step(x, g, state, hyper) {
    const { weight_decay } = common(hyper);
    const { eta_minus = 0.5, eta_plus = 1.2, step_min = 1e-6, step_max = 50 } = hyper as Record<string, number>;
    elementwise(x, g, state, weight_decay, (x, g, s) => {
      const agreement = g * (s.prev as number);
      const factor = agreement > 0 ? eta_plus : agreement < 0 ? eta_minus : 1;
      s.step_size = Math.min(Math.max((s.step_size as number) * factor, step_min), step_max);
      s.prev = agreement < 0 ? 0 : g;
      return x - s.step_size * Math.sign(s.prev);
    });
  },
};
