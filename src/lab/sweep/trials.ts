import { z } from "zod";
import type { Recipe } from "../../train/recipe.ts";
import type { Setting } from "./space.ts";
import type { SweepValue } from "./values.ts";

/** One recipe of a sweep. */
export interface Trial {
  /** Names its file: a hash of its recipe and the adapter. */
  readonly key: string;
  /** The place of its setting; trials of one setting differ in their seeds. */
  readonly setting: number;
  readonly values: Readonly<Record<string, SweepValue>>;
  readonly recipe: Recipe;
}

const measured = z.union([z.number(), z.enum(["NaN", "Infinity", "-Infinity"]).transform(Number)]);

const evaluationSchema = z.object({
  epoch: z.number(),
  step: z.number(),
  train_loss: measured,
  val_loss: measured,
  val_accuracy: measured,
});

/** A trial on its held out samples, after an epoch. */
export type TrialEvaluation = z.output<typeof evaluationSchema>;

/** What is kept of a trial: a file each. */
export const recordSchema = z.object({
  key: z.string(),
  recipe: z.looseObject({}),
  adapter: z.looseObject({}),
  version: z.string(),
  kernels: z.string(),
  /** Steps done, and whether the evaluation due there is. */
  step: z.number(),
  evaluated: z.boolean(),
  /** Whether it came to its end, by its length or by early stopping. */
  finished: z.boolean(),
  evaluations: z.array(evaluationSchema),
  /** Of training, a member's share of its population's. */
  seconds: z.number(),
  /** Where its weights and state are, while it is not finished. */
  state: z.object({ file: z.string(), member: z.number() }).optional(),
});

export type TrialRecord = z.output<typeof recordSchema>;

/** What trials are compared by. */
export type Figure = "val_loss" | "val_accuracy";

/**
 * A trial's figure after so many epochs: that of its last evaluation until then, or with early stopping the best one's, whose
 * weights it keeps. NaN before the first.
 */
export function figureAt({ evaluations, recipe }: TrialRecord, by: Figure, epochs = Number.POSITIVE_INFINITY): number {
  const past = evaluations.filter(({ epoch }) => epoch <= epochs);
  const stops = (recipe as Partial<Recipe>).early_stopping;
  if (!stops) return past.at(-1)?.[by] ?? Number.NaN;
  const monitor = stops.monitor;
  const best = past.reduce<TrialEvaluation | undefined>(
    (found, one) => (found && !isBetter(one[monitor], found[monitor], monitor) ? found : one),
    undefined,
  );
  return best?.[by] ?? Number.NaN;
}

/** Whether a figure is better than another; one that is no number is worse than any. */
export function isBetter(a: number, b: number, by: string): boolean {
  if (Number.isNaN(a)) return false;
  if (Number.isNaN(b)) return true;
  return by === "val_accuracy" ? a > b : a < b;
}

/** The mean of several, by which settings with several seeds are compared. */
export const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * The trials of a sweep's settings. Recipes that occur twice are one trial's.
 * @param machine what else results depend on: the adapter, the kernels that were asked for
 */
export async function trialsOf(settings: readonly Setting[], machine: object): Promise<Trial[]> {
  const trials = new Map<string, Trial>();
  for (const [setting, { values, recipes }] of settings.entries()) {
    for (const recipe of recipes) {
      const key = await keyOf({ recipe, machine });
      if (!trials.has(key)) trials.set(key, { key, setting, values, recipe });
    }
  }
  return [...trials.values()];
}

/** A hash of an object, whatever the order of its fields. */
export async function keyOf(object: object): Promise<string> {
  const sorted = (value: unknown): unknown =>
    typeof value !== "object" || value === null || Array.isArray(value)
      ? value
      : Object.fromEntries(
          Object.entries(value)
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([name, own]) => [name, sorted(own)]),
        );
  const text = JSON.stringify(object, (_, value) => sorted(value));
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(hash).subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
