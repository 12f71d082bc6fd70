// Every optimizer in f64: their equations lie in optimizers/, by family.
import { adabelief, adam, adamax, adamw, adan, amsgrad, nadam, radam } from "./optimizers/adam.ts";
import { adadelta, adagrad, rmsprop } from "./optimizers/adaptive.ts";
import { asgd, lion, momentum, nesterov, rprop, sgd } from "./optimizers/descent.ts";
import type { Hyper, ReferenceOptimizer, State, TensorRange } from "./optimizers/element.ts";
import { muon } from "./optimizers/matrices.ts";
import { schedule_free_adamw, schedule_free_sgd } from "./optimizers/scheduleFree.ts";
import { soap } from "./optimizers/soap.ts";
import { adafactor, lamb, lars, prodigy } from "./optimizers/tensors.ts";

export type { Hyper, ReferenceOptimizer, State };

/** The optimizers by name. */
export const referenceOptimizers: Readonly<Record<string, ReferenceOptimizer>> = {
  sgd,
  momentum,
  nesterov,
  asgd,
  lion,
  rprop,
  adagrad,
  rmsprop,
  adadelta,
  adam,
  adamw,
  adamax,
  amsgrad,
  nadam,
  radam,
  adabelief,
  adan,
  lars,
  lamb,
  schedule_free_sgd,
  schedule_free_adamw,
  adafactor,
  prodigy,
  muon,
  soap,
};

/** The reference of that name; throws where there is none. */
export function referenceOptimizer(name: string): ReferenceOptimizer {
  const found = referenceOptimizers[name];
  if (!found) throw new Error(`No reference for "${name}"; there is ${Object.keys(referenceOptimizers).join(", ")}.`);
  return found;
}

/**
 * Parameters after each step along fixed gradients.
 *
 * @param grads one array of gradients a step
 * @param shapes the tensors that the parameters make up, one vector unless given
 * @returns `after[k]`, the parameters after step k + 1, and the state and the weights for evaluation after the last step
 */
export function trajectory(
  name: string,
  hyper: Hyper,
  params0: ArrayLike<number>,
  grads: readonly ArrayLike<number>[],
  shapes: Readonly<Record<string, readonly number[]>> = { x: [params0.length] },
): { after: Float64Array[]; state: State; seen: Float64Array | undefined } {
  const optimizer = referenceOptimizer(name);
  const x = Float64Array.from(params0);
  const tensors = rangesOf(shapes);
  const state = optimizer.init(x.length, hyper, x, tensors);
  const after = grads.map((g, k) => {
    optimizer.step(x, Float64Array.from(g), state, hyper, k + 1, tensors);
    return x.slice();
  });
  return { after, state, seen: optimizer.seen?.(state) };
}

function rangesOf(shapes: Readonly<Record<string, readonly number[]>>): TensorRange[] {
  let at = 0;
  return Object.entries(shapes).map(([name, shape]) => {
    const [rows, columns] = shape.length > 1 ? [shape[0] as number, shape[1] as number] : [1, shape[0] as number];
    const range = { name, at, rows, columns };
    at += rows * columns;
    return range;
  });
}
