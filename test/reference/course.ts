// The optimizers as textbooks and courses write them: the learning rate inside the velocity, Nesterov's gradient taken at
// the look-ahead point, epsilon inside the root. Kept apart from optimizers.ts, so that tests can compare the two.

/** The gradient of the objective at x. */
export type Gradient = (x: Float64Array) => Float64Array;

/** x = x - lr grad(x) */
export function gradientDescent(x: Float64Array, gradient: Gradient, lr: number): Float64Array {
  const g = gradient(x);
  return x.map((value, i) => value - lr * at(g, i));
}

/** v = momentum v + lr grad(x); x = x - v. Changes `v` in place. */
export function momentum(x: Float64Array, v: Float64Array, gradient: Gradient, lr: number, momentum: number) {
  const g = gradient(x);
  v.forEach((value, i) => {
    v[i] = momentum * value + lr * at(g, i);
  });
  return x.map((value, i) => value - at(v, i));
}

/** x - momentum v, where Nesterov's method takes its gradient. */
export function lookAhead(x: Float64Array, v: Float64Array, momentum: number): Float64Array {
  return x.map((value, i) => value - momentum * at(v, i));
}

/** v = momentum v + lr grad(x - momentum v); x = x - v. Changes `v` in place. */
export function nesterov(x: Float64Array, v: Float64Array, gradient: Gradient, lr: number, momentum: number) {
  const g = gradient(lookAhead(x, v, momentum));
  v.forEach((value, i) => {
    v[i] = momentum * value + lr * at(g, i);
  });
  return x.map((value, i) => value - at(v, i));
}

/** G = G + grad^2; x = x - lr grad / sqrt(G + eps). Changes `G` in place. */
export function adagrad(x: Float64Array, G: Float64Array, gradient: Gradient, lr: number, eps: number) {
  const g = gradient(x);
  G.forEach((value, i) => {
    G[i] = value + at(g, i) ** 2;
  });
  return x.map((value, i) => value - (lr * at(g, i)) / Math.sqrt(at(G, i) + eps));
}

/** G = alpha G + (1 - alpha) grad^2; x = x - lr grad / sqrt(G + eps). Changes `G` in place. */
export function rmsprop(x: Float64Array, G: Float64Array, gradient: Gradient, lr: number, alpha: number, eps: number) {
  const g = gradient(x);
  G.forEach((value, i) => {
    G[i] = alpha * value + (1 - alpha) * at(g, i) ** 2;
  });
  return x.map((value, i) => value - (lr * at(g, i)) / Math.sqrt(at(G, i) + eps));
}

/**
 * m = beta1 m + (1 - beta1) grad; v = beta2 v + (1 - beta2) grad^2; with m' = m / (1 - beta1^t) and v' = v / (1 - beta2^t),
 * x = x - lr m' / sqrt(v' + eps). Changes `m` and `v` in place; t counts from 1.
 */
export function adam(
  x: Float64Array,
  m: Float64Array,
  v: Float64Array,
  gradient: Gradient,
  { lr, beta1, beta2, eps }: { lr: number; beta1: number; beta2: number; eps: number },
  t: number,
): Float64Array {
  const g = gradient(x);
  m.forEach((value, i) => {
    m[i] = beta1 * value + (1 - beta1) * at(g, i);
  });
  v.forEach((value, i) => {
    v[i] = beta2 * value + (1 - beta2) * at(g, i) ** 2;
  });
  const unbiased = { m: m.map((value) => value / (1 - beta1 ** t)), v: v.map((value) => value / (1 - beta2 ** t)) };
  return x.map((value, i) => value - (lr * at(unbiased.m, i)) / Math.sqrt(at(unbiased.v, i) + eps));
}

function at(array: Float64Array, i: number): number {
  return array[i] as number;
}
