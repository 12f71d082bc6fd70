// SOAP in f64, from algorithms 3 and 4 of Vyas et al. 2024; element.ts says what the letters stand for.
import { common, type ReferenceOptimizer, type State, slots, type TensorRange } from "./element.ts";
import { type Matrix, multiply, transpose } from "./matrices.ts";

const FIRST_REFRESHES = 4;
/** The share of the greatest q^T P q below which P q has no direction of its own. */
const LEAST = 1e-5;

const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);
const identity = (n: number): Matrix => Array.from({ length: n }, (_, i) => new Float64Array(n).fill(1, i, i + 1));

/** The rows of an array [rows, columns], which share its memory. */
const rowsOf = (values: Float64Array, columns: number): Matrix =>
  Array.from({ length: values.length / columns }, (_, i) => values.subarray(i * columns, (i + 1) * columns));

/**
 * Algorithm 4: S = P Q, and Q of S = Q R. Eigenvectors are rows here, taken by falling q^T P q as in the authors' code; one
 * whose image lies in the span of those before it keeps its direction.
 */
export function eigenvectors(P: Matrix, q: Matrix): Matrix {
  const S = multiply(q, P);
  const estimate = q.map((row, j) => dot(row, S[j] as Float64Array));
  const order = q.map((_, j) => j).sort((i, j) => (estimate[j] as number) - (estimate[i] as number) || i - j);
  const greatest = estimate[order[0] as number] as number;
  const done: Float64Array[] = [];
  const rest = (row: Float64Array) => {
    let v = row;
    for (const _ of [1, 2]) {
      const shares = done.map((other) => dot(other, v));
      v = v.map(
        (value, i) => value - done.reduce((sum, other, j) => sum + (shares[j] as number) * (other[i] as number), 0),
      );
    }
    return v;
  };
  const result = q.map((row) => row.slice());
  for (const j of order) {
    let v = rest(S[j] as Float64Array);
    if (!(dot(v, v) > (LEAST * greatest) ** 2)) v = rest(q[j] as Float64Array);
    const length = Math.sqrt(dot(v, v));
    (result[j] as Float64Array).set(v.map((value) => value / length));
    done.push(result[j] as Float64Array);
  }
  return result;
}

const isTaken = (size: number, hyper: Readonly<Record<string, unknown>>) =>
  size > 1 && size <= ((hyper.max_precondition_dim ?? 512) as number);

/** Names and sizes of the sides of a matrix that have a preconditioner. */
const sidesOf = ({ name, rows, columns }: TensorRange, hyper: Readonly<Record<string, unknown>>) =>
  [["L", rows] as const, ["R", columns] as const]
    .filter(([_, size]) => rows > 1 && isTaken(size, hyper))
    .map(([letter, size]) => ({ letter, gram: `${letter}.${name}`, basis: `Q_${letter}.${name}`, size }));

/** A basis of the state as a matrix; the identity where a side has none. */
const basisOf = (state: State, name: string, size: number): Matrix => {
  const kept = state[name];
  return kept ? rowsOf(kept, size) : identity(size);
};

/** Algorithm 3, line by line; adamw for vectors. The first step makes L, R and Q alone, as in the authors' code. */
export const soap: ReferenceOptimizer = {
  init(size, hyper, _, tensors = []) {
    const sides = tensors.flatMap((range) => sidesOf(range, hyper));
    return {
      ...slots(size, ["exp_avg", "exp_avg_sq"]),
      ...Object.fromEntries(
        sides.flatMap(({ gram, basis, size: n }) => [
          [gram, new Float64Array(n * n)],
          [basis, Float64Array.from(identity(n).flatMap((row) => [...row]))],
        ]),
      ),
    };
  },
  step(allX, allG, state, hyper, t, tensors = []) {
    const { weight_decay } = common(hyper);
    const given = hyper as Record<string, number>;
    const {
      lr = 3e-3,
      beta1 = 0.95,
      beta2 = 0.95,
      shampoo_beta = 0.95,
      eps = 1e-8,
      precondition_frequency = 10,
    } = given;
    const step = t - 1;
    for (const range of tensors) {
      const { at, rows, columns, name } = range;
      const own = (values: Float64Array | undefined) =>
        rowsOf((values as Float64Array).subarray(at, at + rows * columns), columns);
      const [x, G, M, V] = [own(allX), own(allG), own(state.exp_avg), own(state.exp_avg_sq)];
      const [left, right] = [basisOf(state, `Q_L.${name}`, rows), basisOf(state, `Q_R.${name}`, columns)];
      const rotate = (a: Matrix) => multiply(multiply(left, a), transpose(right));
      if (step > 0) {
        const rotated = rotate(G); // line 3
        M.forEach((row, i) => {
          row.forEach((m, j) => {
            row[j] = beta1 * m + (1 - beta1) * (G[i]?.[j] as number); // line 4
            const g = rotated[i]?.[j] as number;
            (V[i] as Float64Array)[j] = beta2 * (V[i]?.[j] as number) + (1 - beta2) * g ** 2; // line 7
          });
        });
        // Lines 5 and 8.
        const direction = rotate(M).map((row, i) =>
          row.map((m, j) => m / (1 - beta1 ** step) / (Math.sqrt((V[i]?.[j] as number) / (1 - beta2 ** step)) + eps)),
        );
        const N = multiply(multiply(transpose(left), direction), right); // line 10
        x.forEach((row, i) => {
          row.forEach((value, j) => {
            row[j] = value - lr * weight_decay * value - lr * (N[i]?.[j] as number); // line 11
          });
        });
      }
      const refreshes = step === 0 ? FIRST_REFRESHES : step % precondition_frequency === 0 ? 1 : 0;
      for (const { letter, gram, basis, size } of sidesOf(range, hyper)) {
        const P = rowsOf(state[gram] as Float64Array, size);
        const square = letter === "L" ? multiply(G, transpose(G)) : multiply(transpose(G), G);
        P.forEach((row, i) => {
          row.forEach((value, j) => {
            row[j] = shampoo_beta * value + (1 - shampoo_beta) * (square[i]?.[j] as number); // lines 13 and 14
          });
        });
        const Q = rowsOf(state[basis] as Float64Array, size);
        for (let k = 0; k < refreshes; k++) {
          for (const [i, row] of eigenvectors(P, Q).entries()) (Q[i] as Float64Array).set(row); // lines 16 and 17
        }
      }
    }
  },
};
