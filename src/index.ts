/**
 * Downhill: neural-network training on raw WebGPU.
 *
 * `train` runs a recipe and yields its events; the rest is for those who want a step of that by itself.
 */
export { AdapterError, listAdapters } from "#platform";
export { type Dataset, loadDataset, type Split } from "./data/dataset.ts";
export { type Gpu, openGpu } from "./gpu/device.ts";
export { GpuError } from "./gpu/errors.ts";
export type { TilingChoice } from "./gpu/tilingChoice.ts";
export type {
  DoneEvent,
  EnsembleResult,
  EvalEvent,
  ModelResult,
  RunEvent,
  StartEvent,
  StepEvent,
} from "./io/runLog.ts";
export { readSafetensors, type Safetensors, writeSafetensors } from "./io/safetensors.ts";
export { type Activation, activations } from "./nn/activation.ts";
export type { Init } from "./nn/init/init.ts";
export { findInit, inits } from "./nn/init/registry.ts";
export type { Loss } from "./nn/loss/loss.ts";
export { findLoss, losses } from "./nn/loss/registry.ts";
export type { Hyper, Optimizer } from "./optim/optimizer.ts";
export { findOptimizer, optimizers } from "./optim/registry.ts";
export { findSchedule, schedules } from "./optim/schedules/registry.ts";
export type { Schedule } from "./optim/schedules/schedule.ts";
export { parseRecipe, type Recipe, RecipeError, type RecipeInput, recipeSchema } from "./train/recipe.ts";
export { type Regularisation, regularisations } from "./train/regularisations.ts";
export type { Progress, RunOptions } from "./train/runOptions.ts";
export type { TilingSetting } from "./train/selectTiling.ts";
export { type TrainOptions, train } from "./train/train.ts";
