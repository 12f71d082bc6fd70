import { adagrad } from "./adagrad.ts";
import { adam } from "./adam.ts";
import { momentum } from "./momentum.ts";
import { nesterov } from "./nesterov.ts";
import type { Optimizer } from "./optimizer.ts";
import { rmsprop } from "./rmsprop.ts";
import { sgd } from "./sgd.ts";

/** Every optimizer, by rising complexity: reading down the list is a way to learn them. */
export const optimizers: readonly Optimizer[] = [sgd, momentum, nesterov, adagrad, rmsprop, adam];

/** An optimizer by its name. */
export function findOptimizer(name: string): Optimizer | undefined {
  return optimizers.find((optimizer) => optimizer.name === name);
}
