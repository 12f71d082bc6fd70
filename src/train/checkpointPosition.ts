import { type TilingChoice, tilingChoiceSchema } from "../gpu/tilingChoice.ts";
import type { Safetensors } from "../io/safetensors.ts";
import { decodeStopping, type StoppingState } from "./earlyStopping.ts";
import { parseRecipe, type Recipe } from "./recipe.ts";

/** A run's position, which a checkpoint keeps beside its tensors. */
export interface Position {
  /** Optimizer steps done. */
  readonly step: number;
  /** Sum over this epoch's steps so far of each member's loss, so that a resumed epoch ends with its true mean. */
  readonly epochLoss: readonly number[];
  /** Whether the evaluation due at this step is done: after the last step of an epoch and of the run. */
  readonly evaluated: boolean;
  /** Of each member, where the run keeps its best weights. */
  readonly stopping?: readonly StoppingState[];
  /** Whether the run has ended and its best weights are what it came to. */
  readonly restored?: boolean;
}

/**
 * The position of the run that a checkpoint was taken from.
 * @throws Error where its metadata holds none
 */
export function positionOf({ metadata }: Safetensors, file: string): Position {
  const step = Number(metadata.step ?? Number.NaN);
  if (!Number.isInteger(step) || step < 0) throw new Error(`${file}: no position of a run in its metadata`);
  const epochLoss = (JSON.parse(metadata.epoch_loss ?? "[]") as string[]).map(Number);
  const { early_stopping } = metadata;
  const stopping = early_stopping === undefined ? {} : { stopping: decodeStopping(early_stopping, file) };
  return { step, epochLoss, evaluated: metadata.evaluated === "true", ...stopping };
}

/**
 * The matrix kernels that a checkpoint's run took: with others its numbers would differ in rounding. Where it says none, as
 * parameters from elsewhere, they are the adapter's default.
 * @throws Error where they cannot be read
 */
export function kernelsOfCheckpoint({ metadata }: Safetensors, file: string): TilingChoice | "deterministic" {
  if (metadata.kernels === undefined) return "deterministic";
  try {
    return tilingChoiceSchema.parse(JSON.parse(metadata.kernels));
  } catch (cause) {
    throw new Error(`${file}: the kernels in its metadata cannot be read`, { cause });
  }
}

/**
 * The recipe that a checkpoint was trained with. Parameters from elsewhere have none: then the widths come from the
 * tensors' shapes, and the rest is the default.
 * @param data the data set to use in place of the recipe's
 */
export function recipeOfCheckpoint({ tensors, metadata }: Safetensors, file: string, data?: string): Recipe {
  const given = data === undefined ? {} : { data };
  if (metadata.recipe !== undefined) {
    let saved: object;
    try {
      saved = JSON.parse(metadata.recipe) as object;
    } catch (cause) {
      throw new Error(`${file}: the recipe in its metadata is no JSON: ${(cause as Error).message}`, { cause });
    }
    try {
      return parseRecipe({ ...saved, ...given });
    } catch (cause) {
      throw new Error(`${file}: the recipe in its metadata: ${(cause as Error).message}`, { cause });
    }
  }
  const names = [...tensors.keys()];
  const population = new Set(names.map((name) => /^member\.(\d+)\./.exec(name)?.[1] ?? "")).size;
  const prefix = names.some((name) => name.startsWith("member.0.")) ? "member.0." : "";
  const hidden: number[] = [];
  for (let layer = 1; tensors.has(`${prefix}fc${layer + 1}.weight`); layer++) {
    hidden.push(tensors.get(`${prefix}fc${layer}.weight`)?.shape[0] ?? 0);
  }
  const norms = { batch_norm: tensors.has(`${prefix}bn1.weight`), layer_norm: tensors.has(`${prefix}ln1.weight`) };
  return parseRecipe({ hidden, population, ...norms, ...given });
}
