import golden from "../../golden/lbfgs.json" with { type: "json" };
import { quadratic, rosenbrock } from "../objectives.ts";
import type { Evaluated, LbfgsHyper } from "./lbfgs.ts";

/** A run of torch.optim.LBFGS: scripts/golden/lbfgs.py says what the fields are. */
export interface LbfgsCase {
  readonly id: string;
  readonly objective: {
    readonly name: string;
    readonly a?: readonly (readonly number[])[];
    readonly b?: readonly number[];
  };
  readonly hyper: LbfgsHyper;
  readonly start: readonly number[];
  readonly points: readonly (readonly number[])[];
  readonly losses: readonly number[];
}

export const lbfgsCases = (): readonly LbfgsCase[] => golden.cases;

/** Loss and gradient of |a x - b|^2 / (2 rows). */
export function leastSquares(a: readonly ArrayLike<number>[], b: ArrayLike<number>, x: ArrayLike<number>): Evaluated {
  const residuals = a.map((row, i) => {
    let sum = -(b[i] as number);
    for (let j = 0; j < row.length; j++) sum += (row[j] as number) * (x[j] as number);
    return sum;
  });
  const gradient = Float64Array.from(x, (_, j) => residuals.reduce((sum, r, i) => sum + r * (a[i]?.[j] as number), 0));
  const value = residuals.reduce((sum, r) => sum + r * r, 0) / (2 * b.length);
  return { value, gradient: gradient.map((g) => g / b.length) };
}

/** Loss and gradient of a case at a point. */
export function evaluateCase({ objective }: LbfgsCase, x: Float64Array): Evaluated {
  const { name, a = [], b = [] } = objective;
  if (name === "least squares") return leastSquares(a, b, x);
  const { value, gradient } = name === "quadratic" ? quadratic : rosenbrock;
  return { value: value(x), gradient: gradient(x) };
}
