import { median } from "../../gpu/timing.ts";
import type { Population, SeedRun } from "./records.ts";
import { type Spread, spread } from "./statistics.ts";

/** When a model came to a test accuracy: at the first evaluation that has it. */
export interface Reached {
  readonly steps: number;
  /** Of training one model, where several train side by side. */
  readonly seconds: number;
}

/** When the models of a population came to a test accuracy. */
export interface TargetResult {
  /** 0..1 */
  readonly target: number;
  readonly reached: number;
  readonly of: number;
  /** Over the models that came there; absent where none did. */
  readonly steps?: Spread;
  readonly seconds?: Spread;
  /** Over all models, one that did not come there counting as infinite. */
  readonly median_steps: number;
  readonly median_seconds: number;
}

/** @returns undefined where the model never had the accuracy */
export function reaches({ evaluations }: SeedRun, target: number): Reached | undefined {
  const found = evaluations.find(({ test_accuracy }) => test_accuracy >= target);
  return found && { steps: found.step, seconds: found.seconds };
}

/** When each model of a population came to the target, and what that is together. */
export function targetResult({ models }: Pick<Population, "models">, target: number): TargetResult {
  const all = models.map((model) => reaches(model, target));
  const there = all.flatMap((one) => one ?? []);
  const middle = (name: keyof Reached) => median(all.map((one) => one?.[name] ?? Number.POSITIVE_INFINITY));
  return {
    target,
    reached: there.length,
    of: models.length,
    ...(there.length > 0 && {
      steps: spread(there.map(({ steps }) => steps)),
      seconds: spread(there.map(({ seconds }) => seconds)),
    }),
    median_steps: middle("steps"),
    median_seconds: middle("seconds"),
  };
}
