import type { Gpu } from "../gpu/device.ts";
import type { Safetensors } from "../io/safetensors.ts";
import type { Plan } from "./plan.ts";
import { fitsPredictions } from "./predict.ts";
import { RecipeError } from "./recipe.ts";

/** A safetensors file that was read, and its name for errors. */
export interface NamedTensors {
  readonly file: string;
  readonly contents: Safetensors;
}

/** How a run goes, beside what it trains. */
export interface RunOptions {
  /**
   * Ends the run after the submits in flight: the checkpoint goes to `onCheckpoint`, then the signal's reason is thrown. A
   * step that takes longer than a moment is dropped: the device may still be at it then.
   */
  readonly signal?: AbortSignal;
  /** Steps from one `step` event to the next; 50 unless given. */
  readonly logEvery?: number;
  /** Called with every checkpoint: each `checkpointEvery` steps, at an interrupt and at the end. */
  readonly onCheckpoint?: (checkpoint: Safetensors) => void | Promise<void>;
  readonly checkpointEvery?: number;
  /** Steps from one evaluation inside an epoch to the next; none unless given. Schedules and early stopping do not hear of it. */
  readonly evaluateEvery?: number;
  /** Called after every submit, for a progress display. */
  readonly onProgress?: (progress: Progress) => void;
  /** Parameters that every member starts from, in place of its seed's. */
  readonly initFrom?: NamedTensors;
  /** Sample indices, batch after batch, in place of each member's own order: at least the run's samples. */
  readonly order?: Uint32Array;
  /** A checkpoint of the same recipe to go on from. */
  readonly resumeFrom?: NamedTensors;
  /**
   * Whether the members are put together as an ensemble at the end. Unless given: those of a population that differs in its
   * seeds are, and those that `vary` makes are not, as the best of them is what is looked for there.
   */
  readonly ensemble?: boolean;
}

/** How far a run is. */
export interface Progress {
  readonly step: number;
  readonly steps: number;
  /** Share of the run's samples that are done, 0..1; it grows within a step too. */
  readonly share: number;
  /** From 1. */
  readonly epoch: number;
  /** Last loss of each member; empty before the first step is done. */
  readonly losses: readonly number[];
  /** Samples a second and member, since the epoch began. */
  readonly samplesPerSecond: number;
}

/** @throws RecipeError where the options do not suit the plan */
export function checkOptions(gpu: Gpu, plan: Plan, { order, ensemble }: RunOptions): void {
  if (order && plan.data.validationCount) {
    throw new RecipeError(
      "validation: a given order names samples of the whole training set; leave one of the two out",
    );
  }
  if (ensemble && plan.members.length === 1) {
    throw new RecipeError("ensemble: the recipe has one member; give a population, or vary");
  }
  if (ensemble && !fitsPredictions(gpu, plan)) {
    throw new RecipeError(`ensemble: this adapter cannot hold what ${plan.members.length} members predict; give fewer`);
  }
}
