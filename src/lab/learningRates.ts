import type { Optimizer } from "../optim/optimizer.ts";

/**
 * The learning rates to try with an optimizer.
 * @returns the grid, or nothing but the default where there is none to choose
 */
export function learningRates(optimizer: Optimizer, grid: readonly number[]): readonly (number | undefined)[] {
  const hasRate = typeof optimizer.hyper.parse({}).lr === "number";
  return hasRate && !optimizer.findsOwnRate ? grid : [undefined];
}
