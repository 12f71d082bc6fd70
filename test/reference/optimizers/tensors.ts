// Optimizers that look at whole tensors, or at all parameters, in f64; element.ts says what the letters stand for.
import { common, type ReferenceOptimizer, slots, type TensorRange } from "./element.ts";

const norm = (values: Float64Array) => Math.hypot(...values);
const rms = (values: Float64Array) => norm(values) / Math.sqrt(values.length);
const part = (values: Float64Array | undefined, { at, rows, columns }: TensorRange) =>
  (values as Float64Array).subarray(at, at + rows * columns);

/**
 * You, Gitman and Ginsburg 2017, algorithm 1:
 * l = trust |x| / (|g| + weight_decay |x|); v = momentum v + lr l (g + weight_decay x); x -= v
 */
export const lars: ReferenceOptimizer = {
  init: (size) => slots(size, ["momentum_buffer"]),
  step(allX, allG, state, hyper, _, tensors = []) {
    const { lr, weight_decay } = common(hyper);
    const { momentum = 0.9, trust_coefficient = 1e-3 } = hyper as Record<string, number>;
    for (const range of tensors) {
      const [x, g, v] = [part(allX, range), part(allG, range), part(state.momentum_buffer, range)];
      const sizes = norm(x) > 0 && norm(g) > 0;
      const local = sizes ? (trust_coefficient * norm(x)) / (norm(g) + weight_decay * norm(x)) : 1;
      x.forEach((value, i) => {
        v[i] = momentum * (v[i] as number) + lr * local * ((g[i] as number) + weight_decay * value);
        x[i] = value - (v[i] as number);
      });
    }
  },
};

/** You et al. 2020, algorithm 2 with phi(z) = z. */
export const lamb: ReferenceOptimizer = {
  init: (size) => slots(size, ["exp_avg", "exp_avg_sq"]),
  step(allX, allG, state, hyper, t, tensors = []) {
    const { lr, weight_decay, eps, eps_root } = common(hyper, 1e-6);
    const { beta1 = 0.9, beta2 = 0.999 } = hyper as Record<string, number>;
    for (const range of tensors) {
      const [x, g] = [part(allX, range), part(allG, range)];
      const [m, v] = [part(state.exp_avg, range), part(state.exp_avg_sq, range)];
      const r = x.map((value, i) => {
        m[i] = beta1 * (m[i] as number) + (1 - beta1) * (g[i] as number);
        v[i] = beta2 * (v[i] as number) + (1 - beta2) * (g[i] as number) ** 2;
        const mean = (m[i] as number) / (1 - beta1 ** t);
        const square = (v[i] as number) / (1 - beta2 ** t);
        return mean / (Math.sqrt(square + eps_root) + eps) + weight_decay * value;
      });
      const ratio = norm(x) > 0 && norm(r) > 0 ? norm(x) / norm(r) : 1;
      x.forEach((value, i) => {
        x[i] = value - lr * ratio * (r[i] as number);
      });
    }
  },
};

/** Shazeer and Stern 2018, algorithm 4 of a matrix, 5 of a vector, rates as in 6; with means in place of sums. */
export const adafactor: ReferenceOptimizer = {
  init(_, __, ___, tensors = []) {
    const entries = tensors.flatMap(({ name, rows, columns }): [string, Float64Array][] =>
      rows === 1
        ? [[`variance.${name}`, new Float64Array(columns)]]
        : [
            [`row_var.${name}`, new Float64Array(rows)],
            [`col_var.${name}`, new Float64Array(columns)],
          ],
    );
    return Object.fromEntries(entries);
  },
  step(allX, allG, state, hyper, t, tensors = []) {
    const { lr = 0.01, beta2_decay = 0.8, eps1 = 1e-30, eps2 = 1e-3, d = 1 } = hyper as Record<string, number>;
    const beta2 = 1 - t ** -beta2_decay;
    const rho = hyper.relative_step === false ? lr : Math.min(lr, 1 / Math.sqrt(t));
    for (const range of tensors) {
      const { name, rows, columns } = range;
      const [x, g] = [part(allX, range), part(allG, range)];
      const alpha = Math.max(eps2, rms(x)) * rho;
      const square = (row: number, column: number) => (g[row * columns + column] as number) ** 2 + eps1;
      let variance: (row: number, column: number) => number;
      if (rows === 1) {
        const v = state[`variance.${name}`] as Float64Array;
        for (let j = 0; j < columns; j++) v[j] = beta2 * (v[j] as number) + (1 - beta2) * square(0, j);
        variance = (_, j) => v[j] as number;
      } else {
        const [R, C] = [state[`row_var.${name}`] as Float64Array, state[`col_var.${name}`] as Float64Array];
        for (let i = 0; i < rows; i++) {
          let sum = 0;
          for (let j = 0; j < columns; j++) sum += square(i, j);
          R[i] = beta2 * (R[i] as number) + ((1 - beta2) * sum) / columns;
        }
        for (let j = 0; j < columns; j++) {
          let sum = 0;
          for (let i = 0; i < rows; i++) sum += square(i, j);
          C[j] = beta2 * (C[j] as number) + ((1 - beta2) * sum) / rows;
        }
        const mean = R.reduce((sum, value) => sum + value, 0) / rows;
        variance = (i, j) => ((R[i] as number) * (C[j] as number)) / mean;
      }
      const u = g.map((value, i) => value / Math.sqrt(variance(Math.floor(i / columns), i % columns)));
      const scale = alpha / Math.max(1, rms(u) / d);
      const decay = lr * common(hyper).weight_decay;
      x.forEach((value, i) => {
        x[i] = value - decay * value - scale * (u[i] as number);
      });
    }
  },
};

/** Mishchenko and Defazio 2023, algorithm 4, with AdamW's decay. */
export const prodigy: ReferenceOptimizer = {
  init: (size, hyper, x = new Float64Array(size)) => ({
    ...slots(size, ["exp_avg", "exp_avg_sq", "s"]),
    x0: x.slice(),
    d: Float64Array.of((hyper.d0 ?? 1e-6) as number),
    d_numerator: new Float64Array(1),
  }),
  step(x, g, state, hyper) {
    const { weight_decay, eps } = common(hyper, 1e-8);
    const { lr = 1, beta1 = 0.9, beta2 = 0.999, d_coef = 1 } = hyper as Record<string, number>;
    const { exp_avg: m, exp_avg_sq: v, s, x0, d: estimate, d_numerator } = state as Record<string, Float64Array>;
    if (!m || !v || !s || !x0 || !estimate || !d_numerator) throw new Error("a state that init did not make");
    const beta3 = Math.sqrt(beta2);
    const d = estimate[0] as number;
    let [progress, size] = [0, 0];
    g.forEach((value, i) => {
      m[i] = beta1 * (m[i] as number) + (1 - beta1) * d * value;
      v[i] = beta2 * (v[i] as number) + (1 - beta2) * d ** 2 * value ** 2;
      s[i] = beta3 * (s[i] as number) + (1 - beta3) * lr * d ** 2 * value;
      progress += value * ((x0[i] as number) - (x[i] as number));
      size += Math.abs(s[i] as number);
    });
    d_numerator[0] = beta3 * (d_numerator[0] as number) + (1 - beta3) * lr * d ** 2 * progress;
    x.forEach((value, i) => {
      const direction = (m[i] as number) / (Math.sqrt(v[i] as number) + d * eps);
      x[i] = value - lr * d * (direction + weight_decay * value);
    });
    if (size > 0) estimate[0] = Math.max(d, (d_coef * d_numerator[0]) / size);
  },
};
