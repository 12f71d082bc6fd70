// Adam's family in f64; element.ts says what the letters stand for.
import { common, elementwise, type ReferenceOptimizer, slots } from "./element.ts";

/**
 * m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2;
 * x -= lr m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t) + eps_root) + eps)
 */
export const adam: ReferenceOptimizer = {
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

/** Loshchilov and Hutter 2019, algorithm 2: Adam without the L2 term, and x -= lr weight_decay x */
export const adamw: ReferenceOptimizer = {
  init: adam.init,
  step(x, g, state, hyper, t) {
    const { weight_decay = 0.01, ...rest } = hyper;
    const { lr } = common(hyper);
    x.forEach((value, i) => {
      x[i] = value * (1 - lr * (weight_decay as number));
    });
    adam.step(x, g, state, rest, t);
  },
};

/** Kingma and Ba 2015, algorithm 2, with PyTorch's eps: u = max(beta2 u, |g| + eps); x -= lr / (1 - beta1^t) m / u */
export const adamax: ReferenceOptimizer = {
  init: (size) => slots(size, ["exp_avg", "exp_inf"]),
  step(x, g, state, hyper, t) {
    const { lr, weight_decay, eps } = common(hyper, 1e-8);
    const { beta1 = 0.9, beta2 = 0.999 } = hyper as Record<string, number>;
    elementwise(x, g, state, weight_decay, (x, g, s) => {
      s.exp_avg = beta1 * (s.exp_avg as number) + (1 - beta1) * g;
      s.exp_inf = Math.max(beta2 * (s.exp_inf as number), Math.abs(g) + eps);
      return x - (lr * s.exp_avg) / ((1 - beta1 ** t) * s.exp_inf);
    });
  },
};

/** Reddi, Kale and Kumar 2018, algorithm 2, with Adam's corrections: u = max(u, v) stands in for v under the root */
export const amsgrad: ReferenceOptimizer = {
  init: (size) => slots(size, ["exp_avg", "exp_avg_sq", "max_exp_avg_sq"]),
  step(x, g, state, hyper, t) {
    const { lr, weight_decay, eps, eps_root } = common(hyper, 1e-8);
    const { beta1 = 0.9, beta2 = 0.999 } = hyper as Record<string, number>;
    elementwise(x, g, state, weight_decay, (x, g, s) => {
      s.exp_avg = beta1 * (s.exp_avg as number) + (1 - beta1) * g;
      s.exp_avg_sq = beta2 * (s.exp_avg_sq as number) + (1 - beta2) * g * g;
      s.max_exp_avg_sq = Math.max(s.max_exp_avg_sq as number, s.exp_avg_sq);
      const square = s.max_exp_avg_sq / (1 - beta2 ** t);
      return x - (lr * s.exp_avg) / (1 - beta1 ** t) / (Math.sqrt(square + eps_root) + eps);
    });
  },
};

/** Dozat 2016, algorithm 2, with the schedule mu_t = beta1 (1 - 0.96^(t momentum_decay) / 2) */
export const nadam: ReferenceOptimizer = {
  init: (size) => slots(size, ["exp_avg", "exp_avg_sq"]),
  step(x, g, state, hyper, t) {
    const { lr, weight_decay, eps, eps_root } = common(hyper, 1e-8);
    const { beta1 = 0.9, beta2 = 0.999, momentum_decay = 4e-3 } = hyper as Record<string, number>;
    const mu = (step: number) => beta1 * (1 - 0.5 * 0.96 ** (step * momentum_decay));
    let product = 1;
    for (let step = 1; step <= t; step++) product *= mu(step);
    elementwise(x, g, state, weight_decay, (x, g, s) => {
      s.exp_avg = beta1 * (s.exp_avg as number) + (1 - beta1) * g;
      s.exp_avg_sq = beta2 * (s.exp_avg_sq as number) + (1 - beta2) * g * g;
      const mean = (mu(t + 1) * s.exp_avg) / (1 - product * mu(t + 1)) + ((1 - mu(t)) * g) / (1 - product);
      return x - (lr * mean) / (Math.sqrt(s.exp_avg_sq / (1 - beta2 ** t) + eps_root) + eps);
    });
  },
};

/** Liu et al. 2020, algorithm 2, with PyTorch's switch at 5 and its eps beside the root of v, before v is corrected */
export const radam: ReferenceOptimizer = {
  init: (size) => slots(size, ["exp_avg", "exp_avg_sq"]),
  step(x, g, state, hyper, t) {
    const { lr, weight_decay, eps, eps_root } = common(hyper, 1e-8);
    const { beta1 = 0.9, beta2 = 0.999 } = hyper as Record<string, number>;
    const longest = 2 / (1 - beta2) - 1;
    const length = longest - (2 * t * beta2 ** t) / (1 - beta2 ** t);
    elementwise(x, g, state, weight_decay, (x, g, s) => {
      s.exp_avg = beta1 * (s.exp_avg as number) + (1 - beta1) * g;
      s.exp_avg_sq = beta2 * (s.exp_avg_sq as number) + (1 - beta2) * g * g;
      const mean = s.exp_avg / (1 - beta1 ** t);
      if (length <= 5) return x - lr * mean;
      const r = Math.sqrt(
        ((length - 4) * (length - 2) * longest) / ((longest - 4) * (longest - 2) * length), // r_t of algorithm 2
      );
      return x - (lr * mean * r * Math.sqrt(1 - beta2 ** t)) / (Math.sqrt(s.exp_avg_sq + eps_root) + eps);
    });
  },
};

/** Zhuang et al. 2020, algorithm 2: s = beta2 s + (1 - beta2) (g - m)^2 + eps_root takes the place of Adam's v */
export const adabelief: ReferenceOptimizer = {
  init: (size) => slots(size, ["exp_avg", "exp_avg_var"]),
  step(x, g, state, hyper, t) {
    const { lr, weight_decay, eps } = common(hyper, 1e-16);
    const { beta1 = 0.9, beta2 = 0.999, eps_root = 1e-16 } = hyper as Record<string, number>;
    elementwise(x, g, state, weight_decay, (x, g, s) => {
      s.exp_avg = beta1 * (s.exp_avg as number) + (1 - beta1) * g;
      s.exp_avg_var = beta2 * (s.exp_avg_var as number) + (1 - beta2) * (g - s.exp_avg) ** 2 + eps_root;
      return x - (lr * s.exp_avg) / (1 - beta1 ** t) / (Math.sqrt(s.exp_avg_var / (1 - beta2 ** t)) + eps);
    });
  },
};

/**
 * Xie et al. 2022, algorithm 1, lines 3 to 7, with b = 1 - beta for the paper's betas and k = t - 1; m_0 = g_0, v_0 = 0,
 * v_1 = g_1 - g_0, n_0 = g_0^2. Here g has no L2 term in it.
 */
export const adan: ReferenceOptimizer = {
  init: (size) => slots(size, ["exp_avg", "exp_avg_diff", "exp_avg_sq", "prev"]),
  step(x, g, state, hyper, t) {
    const { lr, weight_decay, eps, eps_root } = common(hyper, 1e-8);
    const { beta1 = 0.98, beta2 = 0.92, beta3 = 0.99 } = hyper as Record<string, number>;
    const [b1, b2, b3] = [1 - beta1, 1 - beta2, 1 - beta3];
    elementwise(x, g, state, 0, (x, g, s) => {
      const k = t - 1;
      const difference = g - (s.prev as number);
      s.exp_avg = k === 0 ? g : (1 - b1) * (s.exp_avg as number) + b1 * g;
      if (k === 1) s.exp_avg_diff = difference;
      if (k > 1) s.exp_avg_diff = (1 - b2) * (s.exp_avg_diff as number) + b2 * difference;
      s.exp_avg_sq = k === 0 ? g * g : (1 - b3) * (s.exp_avg_sq as number) + b3 * (g + (1 - b2) * difference) ** 2;
      s.prev = g;
      const rate = lr / (Math.sqrt(s.exp_avg_sq + eps_root) + eps);
      return (x - rate * (s.exp_avg + (1 - b2) * (s.exp_avg_diff as number))) / (1 + lr * weight_decay);
    });
  },
};
