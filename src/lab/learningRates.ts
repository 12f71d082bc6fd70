import type { Optimizer } from "../optim/optimizer.ts";

/** The learning rates that every optimizer may take. */
export const COMPARE_RATES: readonly number[] = [1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 1, 3];

/**
 * The learning rates to try with an optimizer.
 * @returns the grid, or nothing but the default where there is none to choose
 */
export function learningRates(optimizer: Optimizer, grid: readonly number[]): readonly (number | undefined)[] {
  const hasRate = typeof optimizer.hyper.parse({}).lr === "number";
  return hasRate && !optimizer.findsOwnRate ? grid : [undefined];
}
