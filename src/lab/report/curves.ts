import type { Population, SeedRun } from "../compare/records.ts";

/** What a learning curve shows. */
export const METRICS = ["test accuracy", "test loss", "training loss"] as const;
export type Metric = (typeof METRICS)[number];

/** What it is drawn against. */
export const AXES = ["steps", "epochs", "seconds"] as const;
export type CurveAxis = (typeof AXES)[number];

/** The seeds' mean at a place of a run, and the least and largest of them. */
export interface CurvePoint {
  readonly steps: number;
  readonly epochs: number;
  /** Of training one model. */
  readonly seconds: number;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** A curve of a population. Points where a value is not finite are left out. */
export function curveOf(population: Population, metric: Metric): CurvePoint[] {
  const { models, curve_steps, steps_per_epoch } = population;
  const places =
    metric === "training loss"
      ? curve_steps.map((steps, i) => ({ steps, values: models.map(({ losses }) => losses[i] ?? Number.NaN) }))
      : evaluatedSteps(models).map((steps) => ({ steps, values: valuesAt(models, steps, metric) }));
  return places.flatMap(({ steps, values }) => {
    if (values.length === 0 || !values.every(Number.isFinite)) return [];
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return [
      {
        steps,
        epochs: steps / steps_per_epoch,
        seconds: secondsAt(models, steps),
        mean,
        low: Math.min(...values),
        high: Math.max(...values),
      },
    ];
  });
}

function evaluatedSteps(models: readonly SeedRun[]): number[] {
  const steps = new Set(models.flatMap(({ evaluations }) => evaluations.map(({ step }) => step)));
  return [...steps].sort((a, b) => a - b);
}

/** Of the models that were evaluated there: one that stopped early is no longer. */
function valuesAt(models: readonly SeedRun[], steps: number, metric: "test accuracy" | "test loss"): number[] {
  return models.flatMap(({ evaluations }) => {
    const found = evaluations.find(({ step }) => step === steps);
    return found ? [metric === "test loss" ? found.test_loss : found.test_accuracy] : [];
  });
}

/** The seconds of training at a step, between those of the evaluations before and behind it. */
function secondsAt(models: readonly SeedRun[], steps: number): number {
  const longest = models.reduce<SeedRun["evaluations"]>(
    (found, { evaluations }) => (evaluations.length > found.length ? evaluations : found),
    [],
  );
  const after = longest.find(({ step }) => step >= steps) ?? longest.at(-1);
  if (!after) return Number.NaN;
  const before = longest[longest.indexOf(after) - 1] ?? { step: 0, seconds: 0 };
  return before.seconds + ((after.seconds - before.seconds) * (steps - before.step)) / (after.step - before.step);
}
