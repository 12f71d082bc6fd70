import optimizers from "../golden/optimizers.json" with { type: "json" };

/** One optimizer along fixed gradients, as PyTorch ran it in float64. */
export interface OptimizerCase {
  readonly id: string;
  /** `name` and the hyper-parameters that differ from PyTorch's defaults. */
  readonly optimizer: { readonly name: string; readonly lr: number } & Readonly<Record<string, unknown>>;
  readonly params0: readonly number[];
  /** [steps][parameters] */
  readonly grads: readonly (readonly number[])[];
  /** Parameters by the step after which they stood so, counted from 1. */
  readonly params_after: Readonly<Record<string, readonly number[]>>;
  /** PyTorch's state after the last step: arrays, single numbers, or null where it keeps none. */
  readonly state_after_last: Readonly<Record<string, readonly number[] | number | null>>;
}

/** All cases of `golden/optimizers.json`. */
export const optimizerCases = optimizers.cases as unknown as readonly OptimizerCase[];

/** The cases of those optimizers. */
export function casesOf(names: readonly string[]): OptimizerCase[] {
  return optimizerCases.filter((c) => names.includes(c.optimizer.name));
}
