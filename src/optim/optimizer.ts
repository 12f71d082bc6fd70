import { z } from "zod";
import type { BufferSpec } from "../gpu/buffers.ts";
import type { Dispatch } from "../gpu/dispatch.ts";
import type { Arena } from "../nn/tensors.ts";

/** Hyper-parameters by name, as a recipe spells them (PyTorch's names). */
export type Hyper = Readonly<Record<string, number | boolean>>;

/** A value the optimizer keeps for each parameter, such as a velocity. */
export interface Slot {
  /** Its name in the WGSL file and in a checkpoint. */
  readonly name: string;
  /** What it starts as; 0 unless said. */
  readonly fill?: number;
  /** Where it starts as a copy of the parameters. */
  readonly start?: "params";
  /** False where these hyper-parameters do without it: then it takes no memory. */
  readonly used?: boolean;
}

/** What an optimizer keeps beside the slots: a tensor of a member, or a number of shape [1]. */
export interface ExtraTensor {
  /** Its name in a checkpoint, behind `optim.`. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly fill?: number;
  /** Where it starts as a square matrix that changes nothing. */
  readonly start?: "identity";
}

/** What the host remembers from step to step, such as a sum over all learning rates so far. */
export type Memory = Readonly<Record<string, number>>;

/** Where an optimizer works. */
export interface Site {
  /** The tensors, and the floats of a member's part. */
  readonly arena: Arena;
  readonly members: number;
  /** Rows of hyper-parameters for each step and member: 2 where weights and other tensors differ. */
  readonly groups: number;
  /** Groups of four parameters that a thread goes through in elementwise kernels. */
  readonly quadsPerThread: number;
  /** Entries of the metrics table for each step and member, which add up to its loss: 1 unless given. */
  readonly metricTiles?: number;
}

/**
 * Other weights for evaluation than training goes on with: `struct View` and
 * `fn view(x: f32, s: ptr<function, array<f32, SLOTS>>, h: View) -> f32` in the optimizer's WGSL file.
 */
export interface Evaluation<H extends Hyper = Hyper> {
  /** The fields of `struct View` after step t, with its hyper-parameters and the memory behind it. */
  values(hyper: H, t: number, memory: Memory): Readonly<Record<string, number>>;
}

/**
 * An optimizer: the declaration beside its WGSL file `shaders/optim/NAME.wgsl`, which holds the update of one element.
 * H is what its schema parses to.
 */
export interface Optimizer<H extends Hyper = Hyper> {
  readonly name: string;
  /** One line for lists: what sets it apart. */
  readonly summary: string;
  /** Whether it finds its rate itself: `lr` is then a factor that is best left at its default. */
  readonly findsOwnRate?: boolean;
  /**
   * Whether it goes by the loss too, and compares it from step to step: then a step takes the whole training set, and nothing
   * may change the loss but the parameters. Its stages find it in the buffer `metrics`.
   */
  readonly needsLoss?: boolean;
  /** Hyper-parameters with defaults and ranges; strict, so that a misspelt one is refused. */
  readonly hyper: z.ZodType<H>;
  /** Other learning rates among them: a schedule of `lr` moves each by the same factor, unless it has a schedule of its own. */
  readonly otherRates?: readonly string[];
  /** The slots of the WGSL file. Hyper-parameters that change which are used cannot vary inside a population. */
  slots(hyper: H): readonly Slot[];
  /** Switches among the WGSL file's constants. */
  switches?(hyper: H): Readonly<Record<string, boolean>>;
  /**
   * The fields of the WGSL file's `struct Hyper` at optimizer step `t` (counted from 1), computed here in f64 because
   * terms like 1 - beta2^t lose digits in f32.
   * @param memory what is remembered of the steps before, where it has `memory`
   */
  step(hyper: H, t: number, memory?: Memory): Readonly<Record<string, number>>;
  /** What the host remembers of the steps before: its start, and the next from the hyper-parameters of step t. */
  readonly memory?: { readonly start: Memory; next(memory: Memory, hyper: H, t: number): Memory };
  /**
   * The dispatches of a step once the gradients are there, where it takes more than the element's update: such as sums over
   * a tensor before it. They work on the buffers params, grads (which they may use up), state, hypers, extra, and those
   * of `buffers`.
   */
  stages?(hyper: H, site: Site): readonly Dispatch[];
  /** Buffers for `stages`, whose contents mean nothing from one step to the next. */
  buffers?(hyper: H, site: Site): Readonly<Record<string, BufferSpec>>;
  /** State beside the slots, in the buffer `extra`. */
  extra?(hyper: H, arena: Arena): readonly ExtraTensor[];
  readonly evaluation?: Evaluation<H>;
}

/** What the host remembers after t steps with the same hyper-parameters. */
export function memoryAfter(optimizer: Optimizer, hyper: Hyper, t: number): Memory {
  if (!optimizer.memory) return {};
  let memory = optimizer.memory.start;
  for (let step = 1; step <= t; step++) memory = optimizer.memory.next(memory, hyper, step);
  return memory;
}

/** Learning rate. Source of the default: PyTorch where it has one. */
export const learningRate = (standard: number) => z.number().positive().default(standard).describe("learning rate");

/** L2 penalty: adds weight_decay times the parameter to its gradient. */
export const weightDecay = z.number().min(0).default(0).describe("L2 penalty, added to the gradient");

/** Decoupled weight decay: takes lr times weight_decay of the parameter from it, past all averages and roots. */
export const decoupledDecay = (standard: number) =>
  z.number().min(0).default(standard).describe("decoupled decay: each step takes lr weight_decay x from x");

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
