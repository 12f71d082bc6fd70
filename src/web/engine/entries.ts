import type { Dataset } from "../../data/dataset.ts";
import type { Gpu } from "../../gpu/device.ts";
import type { RunEvent } from "../../io/runLog.ts";
import type { Safetensors } from "../../io/safetensors.ts";
import type { Recipe } from "../../train/recipe.ts";
import type { NamedTensors } from "../../train/runOptions.ts";
import type { Insight } from "./insight.ts";
import type { Run } from "./run.ts";

/** A run of the page. It is opened on the device when its turn comes. */
export interface Entry {
  readonly id: string;
  recipe: Recipe;
  /** Where it begins, or goes on after a loss of the device. */
  from?: NamedTensors | undefined;
  run?: Run | undefined;
  insight?: Insight | undefined;
  /** Why it cannot go on. */
  failed: boolean;
  /** The events up to `from`. */
  events: readonly RunEvent[];
  evaluatedAt: number;
  evaluationCost: number;
  savedAt: number;
  saveCost: number;
}

/** All runs of the page on one device, taking turns. */
export interface Lab {
  readonly gpu: Gpu | undefined;
  readonly dataset: Dataset | undefined;
  readonly entries: ReadonlyMap<string, Entry>;
  isPlaying: boolean;
  open(adapter: string, base: string): Promise<void>;
  set(id: string, recipe: Recipe, from?: NamedTensors): void;
  remove(id: string): void;
  setRate(id: string, lr: number): void;
  /** The run, opened where it was not; undefined where that fails, which the page is told. */
  ready(entry: Entry): Promise<Run | undefined>;
  /** Trains the run that is furthest behind; false where none is left. */
  turn(): Promise<boolean>;
  /** One step of a run, or none where it is done. */
  step(entry: Entry): Promise<void>;
  /** Whether the device is gone. */
  readonly isLost: boolean;
  /** Opens another device; runs go on from their last checkpoint. */
  recover(): Promise<void>;
  /** The run's state now. */
  save(entry: Entry): Promise<Safetensors | undefined>;
}
