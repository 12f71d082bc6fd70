/** A function to minimise, with its gradient, a start and its minimum. */
export interface Objective {
  readonly name: string;
  readonly value: (x: Float64Array) => number;
  readonly gradient: (x: Float64Array) => Float64Array;
  readonly start: Float64Array;
  readonly minimum: Float64Array;
}

/** An ill-conditioned bowl, sum_i c_i x_i^2 / 2 with c = 1, 5, 25. */
export const quadratic: Objective = {
  name: "quadratic",
  value: (x) => bowl.reduce((sum, c, i) => sum + (c * (x[i] as number) ** 2) / 2, 0),
  gradient: (x) => x.map((value, i) => (bowl[i] as number) * value),
  start: Float64Array.of(1, -2, 0.5),
  minimum: Float64Array.of(0, 0, 0),
};

const bowl = [1, 5, 25];

/** Rosenbrock's valley, (1 - x)^2 + 100 (y - x^2)^2. */
export const rosenbrock: Objective = {
  name: "Rosenbrock",
  value: (at) => {
    const [x, y] = at as unknown as [number, number];
    return (1 - x) ** 2 + 100 * (y - x * x) ** 2;
  },
  gradient: (at) => {
    const [x, y] = at as unknown as [number, number];
    return Float64Array.of(-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x));
  },
  start: Float64Array.of(-1.2, 1),
  minimum: Float64Array.of(1, 1),
};

/** Both, to run a test over. */
export const objectives: readonly Objective[] = [quadratic, rosenbrock];
