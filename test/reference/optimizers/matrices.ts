// Optimizers that work on weight matrices as matrices, in f64; element.ts says what the letters stand for.
import { common, type ReferenceOptimizer, slots, type TensorRange } from "./element.ts";

/** A matrix by rows. */
export type Matrix = readonly Float64Array[];

export const transpose = (a: Matrix): Matrix =>
  Array.from(a[0] as Float64Array, (_, j) => Float64Array.from(a, (row) => row[j] as number));

export const multiply = (a: Matrix, b: Matrix): Matrix => {
  const columns = transpose(b);
  return a.map((row) =>
    Float64Array.from(columns, (column) => row.reduce((sum, value, l) => sum + value * (column[l] as number), 0)),
  );
};

const combine = (p: number, a: Matrix, q: number, b: Matrix): Matrix =>
  a.map((row, i) => row.map((value, j) => p * value + q * (b[i]?.[j] as number)));

/**
 * Jordan et al. 2024, newtonschulz5: X = G / (|G| + 1e-7), then five times A = X X^T, X = a X + (b A + c A A) X; of the
 * transpose where there are more rows than columns.
 */
export function newtonSchulz(g: Matrix): Matrix {
  const [a, b, c] = [3.4445, -4.775, 2.0315];
  const isTall = g.length > (g[0] as Float64Array).length;
  const norm = Math.hypot(...g.map((row) => Math.hypot(...row))) + 1e-7;
  let x: Matrix = (isTall ? transpose(g) : g).map((row) => row.map((value) => value / norm));
  for (let k = 0; k < 5; k++) {
    const gram = multiply(x, transpose(x));
    x = combine(a, x, 1, multiply(combine(b, gram, c, multiply(gram, gram)), x));
  }
  return isTall ? transpose(x) : x;
}

/** The values of a tensor, by rows; rows share the array's memory. */
const matrixOf = (values: Float64Array, { at, rows, columns }: TensorRange): Matrix =>
  Array.from({ length: rows }, (_, i) => values.subarray(at + i * columns, at + (i + 1) * columns));

/** Jordan et al. 2024 with the scale sqrt(max(1, rows / columns)) of their code, and AdamW for what is not taken. */
export const muon: ReferenceOptimizer = {
  init: (size) => slots(size, ["exp_avg", "exp_avg_sq"]),
  step(allX, allG, state, hyper, t, tensors = []) {
    const { weight_decay } = common(hyper);
    const {
      lr = 0.02,
      momentum = 0.95,
      adamw_lr = 3e-4,
      beta1 = 0.9,
      beta2 = 0.95,
      eps = 1e-10,
    } = hyper as Record<string, number>;
    const weights = tensors.filter(({ rows }) => rows > 1);
    const taken = new Set(weights);
    if (hyper.input_layer === false) taken.delete(weights[0] as TensorRange);
    if (hyper.output_layer !== true) taken.delete(weights.at(-1) as TensorRange);
    for (const range of tensors) {
      const [x, g, m, v] = [allX, allG, state.exp_avg, state.exp_avg_sq].map((all) =>
        matrixOf(all as Float64Array, range),
      ) as [Matrix, Matrix, Matrix, Matrix];
      const isTaken = taken.has(range);
      const beta = isTaken ? momentum : beta1;
      x.forEach((row, i) => {
        row.forEach((_, j) => {
          const gradient = g[i]?.[j] as number;
          (m[i] as Float64Array)[j] = beta * (m[i]?.[j] as number) + (1 - beta) * gradient;
          if (!isTaken) (v[i] as Float64Array)[j] = beta2 * (v[i]?.[j] as number) + (1 - beta2) * gradient ** 2;
        });
      });
      const scale = Math.sqrt(Math.max(1, range.rows / range.columns));
      const step = isTaken
        ? newtonSchulz(combine(1 - momentum, g, momentum, m)).map((row) => row.map((o) => lr * scale * o))
        : m.map((row, i) =>
            row.map((mean, j) => {
              const root = Math.sqrt((v[i]?.[j] as number) / (1 - beta2 ** t)) + eps;
              return (adamw_lr * (mean / (1 - beta1 ** t))) / root;
            }),
          );
      const decay = (isTaken ? lr : adamw_lr) * weight_decay;
      x.forEach((row, i) => {
        row.forEach((value, j) => {
          row[j] = value - decay * value - (step[i]?.[j] as number);
        });
      });
    }
  },
};

/** Eigenvalues of a symmetric matrix, by Jacobi's rotations (Golub and Van Loan, algorithm 8.5.2), in no order. */
export function eigenvalues(symmetric: Matrix): number[] {
  const a = symmetric.map((row) => row.slice());
  const n = a.length;
  for (let sweep = 0; sweep < 12; sweep++) {
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        const [P, Q] = [a[p] as Float64Array, a[q] as Float64Array];
        if (P[q] === 0) continue;
        const tau = ((Q[q] as number) - (P[p] as number)) / (2 * (P[q] as number));
        const t = (tau < 0 ? -1 : 1) / (Math.abs(tau) + Math.hypot(1, tau));
        const c = 1 / Math.hypot(1, t);
        const rotate = (x: Float64Array, i: number, y: Float64Array, j: number) => {
          const [left, right] = [x[i] as number, y[j] as number];
          x[i] = c * left - c * t * right;
          y[j] = c * t * left + c * right;
        };
        for (let k = 0; k < n; k++) rotate(P, k, Q, k);
        for (const row of a) rotate(row, p, row, q);
      }
    }
  }
  return a.map((row, i) => row[i] as number);
}
