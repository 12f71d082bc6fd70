import { z } from "zod";

/** Hyper-parameters by name, as a recipe spells them (PyTorch's names). */
export type Hyper = Readonly<Record<string, number | boolean>>;

/** A value the optimizer keeps for each parameter, such as a velocity. */
export interface Slot {
  /** Its name in the WGSL file and in a checkpoint. */
  readonly name: string;
  /** What it starts as; 0 unless said. */
  readonly fill?: number;
  /** False where these hyper-parameters do without it: then it takes no memory. */
  readonly used?: boolean;
}

/**
 * An optimizer: the declaration beside its WGSL file `shaders/optim/NAME.wgsl`, which holds the update of one element.
 * H is what its schema parses to.
 */
export interface Optimizer<H extends Hyper = Hyper> {
  readonly name: string;
  /** One line for lists: what sets it apart. */
  readonly summary: string;
  /** Hyper-parameters with defaults and ranges; strict, so that a misspelt one is refused. */
  readonly hyper: z.ZodType<H>;
  /** The slots of the WGSL file. Hyper-parameters that change which are used cannot vary inside a population. */
  slots(hyper: H): readonly Slot[];
  /** Switches among the WGSL file's constants. */
  switches?(hyper: H): Readonly<Record<string, boolean>>;
  /**
   * The fields of the WGSL file's `struct Hyper` at optimizer step `t` (counted from 1), computed here in f64 because
   * terms like 1 - beta2^t lose digits in f32.
   */
  step(hyper: H, t: number): Readonly<Record<string, number>>;
}

/** Learning rate. Source of the default: PyTorch where it has one. */
export const learningRate = (standard: number) => z.number().positive().default(standard).describe("learning rate");

/** L2 penalty: adds weight_decay times the parameter to its gradient. */
export const weightDecay = z.number().min(0).default(0).describe("L2 penalty, added to the gradient");

/** A decay rate of a moving average: 0 <= beta < 1. */
export const decayRate = (standard: number, what: string) =>
  z.number().min(0).lt(1, "must be at least 0 and below 1").default(standard).describe(what);

/** The two epsilons of a root, outside (PyTorch's) and inside (the textbook's); one of them must be above 0. */
export const epsilons = (standard: number) => ({
  eps: z.number().min(0).default(standard).describe("added to the root, against division by zero"),
  eps_root: z.number().min(0).default(0).describe("added inside the root, as the textbook has it; then eps may be 0"),
});

/** Refuses both epsilons at 0, which would divide by zero at a gradient of zero. */
export function withEpsilon<S extends z.ZodObject>(schema: S): S {
  return schema.refine((hyper) => Number(hyper.eps) > 0 || Number(hyper.eps_root) > 0, {
    message: "eps and eps_root cannot both be 0: a zero gradient would divide by zero",
    path: ["eps"],
  });
}

/** Ties a declaration's types together; the registry holds it without them. */
export function defineOptimizer<H extends Hyper>(optimizer: Optimizer<H>): Optimizer {
  return optimizer as unknown as Optimizer;
}
