import type { Split } from "../data/dataset.ts";
import { holdOut } from "../data/split.ts";
import type { BufferSpec } from "../gpu/buffers.ts";
import type { Dispatch } from "../gpu/dispatch.ts";
import type { DataShape } from "./dataShape.ts";
import type { Plan } from "./plan.ts";
import { type Recipe, RecipeError } from "./recipe.ts";
import { sampleBuffers } from "./sampleBuffers.ts";
import { validationCount } from "./validationField.ts";

/**
 * The shapes of the data with a recipe's validation samples taken out of its training set. Shapes that are so already stay.
 * @throws RecipeError where no training samples would be left
 */
export function withValidation(recipe: Recipe, data: DataShape): DataShape {
  if (data.validationCount !== undefined) return data;
  const count = validationCount(recipe, data.trainCount);
  if (count === 0) return data;
  if (count >= data.trainCount) {
    throw new RecipeError(
      `validation: ${count} of the ${data.trainCount} training samples are held out, which leaves none; hold fewer out`,
    );
  }
  return { ...data, trainCount: data.trainCount - count, validationCount: count };
}

/** A training set as a plan takes it apart: what is trained on, and the validation samples where the plan has some. */
export function partsOf({ data, recipe }: Plan, split: Split): { train: Split; validation?: Split } {
  const { validationCount: count = 0 } = data;
  if (count === 0) return { train: split };
  const { rest, held } = holdOut(split, count, recipe.validation_seed ?? 0);
  return { train: rest, validation: held };
}

/** An evaluation's dispatches over the validation samples in place of the test set. Their kernels are the same. */
export function onValidation(evaluate: readonly Dispatch[]): Dispatch[] {
  const others: Record<string, string> = { test_images: "validation_images", test_labels: "validation_labels" };
  return evaluate.map((dispatch) => ({
    ...dispatch,
    buffers: Object.fromEntries(Object.entries(dispatch.buffers).map(([name, own]) => [name, others[own] ?? own])),
  }));
}

/** The validation samples on the device. Their order is the test set's: as they lie. */
export function validationBuffers(data: DataShape): Record<string, BufferSpec> {
  const { validationCount = 0 } = data;
  return validationCount === 0 ? {} : sampleBuffers("validation", validationCount, data);
}

/** Which buffers hold the weights that are evaluated: the copy of the best is taken from them. */
export interface BestSource {
  readonly params: string;
  /** Batch norm's running statistics, where the network has them. */
  readonly running?: string;
}

/** Where a recipe keeps its best weights: the buffers that its evaluation reads. */
export function bestSource(recipe: Recipe, { validationCount: count = 0 }: DataShape, evaluate: readonly Dispatch[]) {
  if (count === 0 && !recipe.early_stopping) return undefined;
  const named = (binding: string) => evaluate.find(({ buffers }) => buffers[binding])?.buffers[binding];
  const running = named("running");
  return { params: named("params") ?? "params", ...(running !== undefined && { running }) } satisfies BestSource;
}

/** The copies of the best weights and running statistics, in their sources' layout. */
export function bestBuffers({
  best,
  model,
  members,
}: Pick<Plan, "best" | "model" | "members">): Record<string, BufferSpec> {
  if (!best) return {};
  const P = members.length;
  const floats = (stride: number, what: string): BufferSpec => {
    return { bytes: 4 * P * stride, usage: "storage", what: `${what}, f32 [P=${P}, ${stride}]` };
  };
  return {
    best: floats(model.arena.stride, "best parameters"),
    ...(best.running && { best_running: floats(model.running.stride, "best running statistics") }),
  };
}

/** Copies members' weights as evaluation reads them to where the best are kept, where the plan has room for those. */
export function encodeBest(
  encoder: GPUCommandEncoder,
  buffer: (name: string) => GPUBuffer,
  { best, model }: Plan,
  members: readonly number[],
): void {
  if (!best) return;
  const copy = (from: string, to: string, stride: number) => {
    for (const m of members) {
      encoder.copyBufferToBuffer(buffer(from), 4 * m * stride, buffer(to), 4 * m * stride, 4 * stride);
    }
  };
  copy(best.params, "best", model.arena.stride);
  if (best.running) copy(best.running, "best_running", model.running.stride);
}
