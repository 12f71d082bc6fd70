import type { Dataset } from "../../data/dataset.ts";
import type { Gpu } from "../../gpu/device.ts";
import { RecipeError, type RecipeInput } from "../../train/recipe.ts";
import type { Progress } from "../../train/runOptions.ts";
import type { TilingSetting } from "../../train/selectTiling.ts";
import { runContender } from "./contender.ts";
import type { FinishedRuns, Population, Trials } from "./records.ts";

/** What all contenders train. */
export interface Workload {
  readonly label: string;
  readonly dataset: Dataset;
  /** Without its optimizer and its members. */
  readonly recipe: RecipeInput;
}

/** An optimizer with its settings. */
export interface Contender {
  /** No other contender has it. */
  readonly label: string;
  /** What is left out takes the optimizer's default. */
  readonly optimizer: { readonly name: string } & Readonly<Record<string, unknown>>;
}

/** How learning rates are chosen: as many trials for each optimizer, on samples held out of the training set. */
export interface Tuning {
  readonly rates: readonly number[];
  /** Samples to hold out. */
  readonly validation: number;
  /** What the chosen rate is best in. */
  readonly by: "accuracy" | "loss";
}

/** A comparison as it is asked for. */
export interface CompareSettings {
  readonly workloads: readonly Workload[];
  readonly contenders: readonly Contender[];
  /** Models of each contender, seeded from `seed` on: the same starts and orders for all contenders. */
  readonly seeds: number;
  readonly seed: number;
  readonly tuning?: Tuning | undefined;
  /** Steps from one evaluation inside an epoch to the next; beside those each epoch ends with. */
  readonly evaluateEvery?: number | undefined;
  readonly tiling?: TilingSetting | undefined;
}

/** Where a comparison is. */
export interface Stage {
  readonly workload: Workload;
  readonly contender: Contender;
  readonly stage: "trials" | "seeds";
}

/** Hears how a comparison goes. */
export interface CompareObserver {
  onProgress?(stage: Stage, progress: Progress, accuracy: number | undefined): void;
  onResult?(result: ContenderResult, isKept: boolean): void;
}

/** What came of a contender on a workload. */
export interface ContenderResult {
  readonly workload: string;
  readonly contender: string;
  /** The learning rate, where the optimizer has one. */
  readonly lr?: number;
  /** On held out samples, where rates were tried. */
  readonly tried?: Trials;
  /** Its runs on the whole training set; absent where it cannot train the recipe. */
  readonly population?: Population;
  /** Why not. */
  readonly refusal?: string;
}

/** What a comparison runs with. */
export interface CompareOptions {
  readonly finished: FinishedRuns;
  /** What else results depend on, such as the adapter and the version: kept results of others do not count. */
  readonly machine: object;
  readonly signal?: AbortSignal | undefined;
  readonly observer?: CompareObserver | undefined;
}

/**
 * Runs a comparison: each workload with each contender, one after another on one device, the seeds of one side by side.
 * What is finished is kept, and taken from there where it was kept before.
 * @throws the signal's reason where it is aborted
 */
export async function runComparison(
  gpu: Gpu,
  settings: CompareSettings,
  options: CompareOptions,
): Promise<ContenderResult[]> {
  const results: ContenderResult[] = [];
  for (const workload of settings.workloads) {
    for (const contender of settings.contenders) {
      let kept = true;
      const names = { workload: workload.label, contender: contender.label };
      const run = { gpu, workload, contender, settings, options, onRun: () => (kept = false) };
      let result: ContenderResult;
      try {
        result = { ...names, ...(await runContender(run)) };
      } catch (error) {
        if (!(error instanceof RecipeError)) throw error;
        result = { ...names, refusal: error.message };
      }
      results.push(result);
      options.observer?.onResult?.(result, kept);
    }
  }
  return results;
}
