import type { Optimizer } from "../optim/optimizer.ts";

/** Optimizers that find their rate themselves: their `lr` is a factor that their authors leave at 1. */
const FIND_THEIR_OWN: readonly string[] = ["prodigy"];

/**
 * The learning rates to try with an optimizer.
 * @returns the grid, or nothing but the default where there is none to choose
 */
export function learningRates(optimizer: Optimizer, grid: readonly number[]): readonly (number | undefined)[] {
  const hasRate = typeof optimizer.hyper.parse({}).lr === "number";
  return hasRate && !FIND_THEIR_OWN.includes(optimizer.name) ? grid : [undefined];
}
