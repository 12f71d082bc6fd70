import type { Dataset } from "../../data/dataset.ts";
import type { Gpu } from "../../gpu/device.ts";
import { chooseTiling } from "../../gpu/tiling.ts";
import type { Safetensors } from "../../io/safetensors.ts";
import { makePlan } from "../../train/plan.ts";
import type { Recipe } from "../../train/recipe.ts";
import type { Progress } from "../../train/runOptions.ts";
import type { TilingSetting } from "../../train/selectTiling.ts";
import { shapeOf } from "../../train/train.ts";
import { adapterSummary } from "../../train/trainer.ts";
import { withValidation } from "../../train/validation.ts";
import { checkFitting, MisfitError } from "../bench.ts";
import { withoutTest } from "../withoutTest.ts";
import { type Course, type Leg, type Standing, standingOf } from "./halving.ts";
import { runLegs } from "./leg.ts";
import { type Group, packLegs, splitRecipe } from "./pack.ts";
import { keyOf, type Trial, type TrialRecord } from "./trials.ts";

/** Where a sweep keeps its trials. What is written is there as a whole, or not at all. */
export interface TrialStore {
  /** What is kept, by key. */
  load(): Promise<Map<string, TrialRecord>>;
  save(record: TrialRecord): Promise<void>;
  hasState(file: string): Promise<boolean>;
  readState(file: string): Promise<Safetensors>;
  saveState(file: string, checkpoint: Safetensors): Promise<void>;
  /** Deletes states that are none of these. */
  keepStates(files: ReadonlySet<string>): Promise<void>;
}

/** A sweep as it is asked for. */
export interface SweepSettings extends Pick<Course, "by" | "halving" | "budget"> {
  readonly trials: readonly Trial[];
  /** Paths of what varies. */
  readonly keys: readonly string[];
  /** Most members of a population; without it as many as the device carries. */
  readonly members?: number | undefined;
  /** Bytes that all buffers together may take, where the device does not say. */
  readonly memory?: number | undefined;
  readonly tiling?: TilingSetting | undefined;
  readonly version: string;
}

/** Hears how a sweep goes. */
export interface SweepObserver {
  /** A population begins: its place among those that are to be done now. */
  onGroup?(group: Group, place: number, of: number): void;
  onProgress?(group: Group, progress: Progress): void;
  /** Trials that go on, or that are kept as they are now. */
  onRecords?(records: readonly TrialRecord[], isKept: boolean): void;
  /** What is done when the sweep begins, and after each population. */
  onStanding?(standing: Standing, records: ReadonlyMap<string, TrialRecord>): void;
}

/** What a sweep came to. */
export interface SweepOutcome {
  readonly records: ReadonlyMap<string, TrialRecord>;
  readonly standing: Standing;
  readonly epochsOf: (trial: Trial) => number;
}

/**
 * Runs a sweep's trials, those that can share a population side by side and the rest in turn, and keeps each. What the store
 * holds already does not run again. Trials do not see the test set.
 * @throws RecipeError where a trial does not suit the data; the signal's reason where it is aborted
 */
export async function runSweep(
  gpu: Gpu,
  dataset: Dataset,
  settings: SweepSettings,
  store: TrialStore,
  { observer = {}, signal }: { readonly observer?: SweepObserver; readonly signal?: AbortSignal } = {},
): Promise<SweepOutcome> {
  const data = withoutTest(dataset);
  const { trials, keys, memory, members = Number.POSITIVE_INFINITY } = settings;
  const kept = await store.load();
  const records = new Map(trials.flatMap(({ key }) => kept.get(key) ?? []).map((record) => [record.key, record]));
  const stepsOf = (recipe: Recipe): number => {
    const { trainCount } = withValidation(recipe, shapeOf(data));
    const { batch_size, accumulate = 1 } = recipe;
    return Math.ceil(trainCount / (batch_size === "full" ? trainCount : batch_size * accumulate));
  };
  const epochsOf = ({ recipe }: Trial) => (recipe.steps === undefined ? recipe.epochs : recipe.steps / stepsOf(recipe));
  const fits = (recipe: Recipe, population: number) => {
    try {
      const plan = makePlan({ ...recipe, population }, shapeOf(data), chooseTiling(gpu));
      checkFitting(gpu, plan, memory);
      return true;
    } catch (error) {
      if (error instanceof MisfitError) return false;
      throw error;
    }
  };
  const capacity = (recipe: Recipe, wanted: number) => largest(Math.min(wanted, members), (size) => fits(recipe, size));
  // What does not suit the data is refused before anything runs.
  const structures = new Map(trials.map(({ recipe }) => [splitRecipe(recipe, keys).frame, recipe]));
  for (const recipe of structures.values()) makePlan(recipe, shapeOf(data), chooseTiling(gpu));
  const course: Course = { ...settings, epochsOf };
  const by = new Map(trials.map((trial) => [trial.key, trial]));
  const adapter = adapterSummary(gpu) as TrialRecord["adapter"];

  for (;;) {
    const standing = standingOf(trials, records, course);
    await store.keepStates(
      statesOf(
        trials.filter(({ setting }) => !standing.stopped.has(setting)),
        records,
      ),
    );
    observer.onStanding?.(standing, records);
    if (standing.legs.length === 0) return { records, standing, epochsOf };
    if (await forgetLost(standing.legs, records, store)) continue;
    const groups = packLegs(standing.legs, keys, records, capacity);
    for (const [place, group] of groups.entries()) {
      signal?.throwIfAborted();
      observer.onGroup?.(group, place, groups.length);
      const [first] = group.legs as readonly [(typeof group.legs)[number]];
      await runLegs(gpu, data, group, {
        tiling: settings.tiling,
        signal,
        records: group.legs.map(({ trial }) => records.get(trial.key)),
        fresh: (n) => fresh(group.legs[n]?.trial as Trial, adapter, settings.version),
        stepsPerEpoch: stepsOf(group.recipe),
        isLast: first.until >= epochsOf(by.get(first.trial.key) as Trial),
        readState: store.readState,
        onProgress: (progress) => observer.onProgress?.(group, progress),
        onEvaluations: (own) => observer.onRecords?.(own, false),
        async save(own, checkpoint) {
          const file = checkpoint && `${await keyOf([own.map(({ key, step }) => [key, step])])}.safetensors`;
          if (checkpoint && file) await store.saveState(file, checkpoint);
          for (const [member, record] of own.entries()) {
            const kept = file && !record.finished ? { ...record, state: { file, member } } : record;
            await store.save(kept);
            records.set(kept.key, kept);
          }
          if (checkpoint) await store.keepStates(statesOf(trials, records));
          observer.onRecords?.(own, true);
        },
      });
    }
  }
}

const fresh = ({ key, recipe }: Trial, adapter: TrialRecord["adapter"], version: string): TrialRecord => ({
  ...{ key, recipe: { ...recipe }, adapter, version, kernels: "" },
  ...{ step: 0, evaluated: true, finished: false, evaluations: [], seconds: 0 },
});

/** Lets trials begin again whose state is gone, as that of one that an earlier sweep had stopped. Tells whether there are such. */
async function forgetLost(legs: readonly Leg[], records: Map<string, TrialRecord>, store: TrialStore) {
  let found = false;
  for (const { trial } of legs) {
    const record = records.get(trial.key);
    if (!record || (record.state && (await store.hasState(record.state.file)))) continue;
    records.delete(trial.key);
    found = true;
  }
  return found;
}

/** The states that trials may still go on from. */
const statesOf = (trials: readonly Trial[], records: ReadonlyMap<string, TrialRecord>) =>
  new Set(trials.flatMap(({ key }) => records.get(key)?.state?.file ?? []));

/** The largest size up to a bound for which something holds, at least 1. What holds for a size holds for all below. */
export function largest(most: number, holds: (size: number) => boolean): number {
  if (holds(most)) return most;
  let [below, above] = [1, most];
  while (above - below > 1) {
    const middle = Math.floor((below + above) / 2);
    if (holds(middle)) below = middle;
    else above = middle;
  }
  return below;
}
