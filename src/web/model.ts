import type { Recipe, RecipeInput } from "../train/recipe.ts";
import type { Axis, History } from "./history.ts";
import type { Inspection, Report, Request, Sample, View } from "./protocol.ts";

/** All that the page shows, apart from its elements. Views draw it, and tell it what a person does. */

/** How far a run is. `recorded`: curves of a run log, which nothing trains. */
export type Status = "new" | "opening" | "ready" | "done" | "failed" | "recorded";

export interface PageRun {
  readonly id: string;
  /** Its place among the six looks. */
  readonly place: number;
  recipe: Recipe;
  history: History;
  status: Status;
  /** Why it failed. */
  message?: string | undefined;
  hidden: boolean;
  steps: number;
  stepsPerEpoch: number;
  parameters?: number | undefined;
  kernels?: string | undefined;
  samplesPerSecond?: number | undefined;
  secondsPerStep?: number | undefined;
  /** Of the ensemble, at the end of a population of seeds. */
  ensemble?: number | undefined;
  /** Of the drawn digit, [members, classes]. */
  probabilities?: Float32Array | undefined;
}

/** What a view asks to be told. */
export type Topic =
  | "runs"
  | "curves"
  | "selection"
  | "device"
  | "playing"
  | "inspection"
  | "drawing"
  | "notice"
  | "setting";

export interface Device {
  readonly state: "opening" | "ready" | "lost" | "unavailable";
  readonly name: string;
  readonly kind?: "hardware" | "software";
  readonly message?: string;
}

export interface Notice {
  readonly kind: "error" | "info";
  readonly text: string;
}

export interface State {
  readonly runs: readonly PageRun[];
  readonly selected: PageRun | undefined;
  readonly device: Device;
  readonly isPlaying: boolean;
  readonly axis: Axis;
  readonly smoothing: number;
  readonly notice: Notice | undefined;
  readonly inspection: { readonly id: string; readonly step: number; readonly inspection: Inspection } | undefined;
  readonly view: View | undefined;
  readonly member: number;
  on(topic: Topic, listener: () => void): void;
  open(adapter: string, base: string): void;
  /** Puts these runs in the place of all. */
  replace(recipes: readonly RecipeInput[]): void;
  /** @returns undefined where there is no place left, which is told */
  add(recipe: RecipeInput, checkpoint?: { file: string; bytes: Uint8Array<ArrayBuffer> }): PageRun | undefined;
  /** A finished run's curves. */
  record(recipe: RecipeInput, fill: (run: PageRun) => void): PageRun | undefined;
  remove(id: string): void;
  select(id: string): void;
  setHidden(id: string, hidden: boolean): void;
  /**
   * Other settings for a run, which starts anew; another learning rate alone goes on from where the run is.
   * @throws RecipeError
   */
  edit(id: string, recipe: RecipeInput): void;
  play(): void;
  pause(): void;
  step(): void;
  reset(): void;
  draw(image: Uint8Array<ArrayBuffer> | undefined): void;
  watch(view: View | undefined, member?: number): void;
  draws(axis: Axis, smoothing: number): void;
  save(id: string, what: "checkpoint" | "log"): void;
  askDigit(): void;
  tell(notice: Notice | undefined): void;
  receive(report: Report): void;
}

/** What the page does with what the worker hands out. */
export interface Outlets {
  send(request: Request): void;
  file(name: string, kind: string, bytes: Uint8Array<ArrayBuffer>): void;
  digit(sample: Sample): void;
}
