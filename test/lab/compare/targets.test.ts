import { expect, test } from "vitest";
import type { SeedRun } from "../../../src/lab/compare/records.ts";
import { reaches, targetResult } from "../../../src/lab/compare/targets.ts";

/** A model that is evaluated every 10 steps, of 2 seconds each ten. */
const model = (...accuracies: number[]): SeedRun => ({
  seed: 0,
  test_accuracy: accuracies.at(-1) ?? 0,
  test_loss: 0,
  train_loss: 0,
  losses: [],
  evaluations: accuracies.map((test_accuracy, i) => ({
    step: 10 * (i + 1),
    seconds: 2 * (i + 1),
    train_loss: 0,
    test_loss: 0,
    test_accuracy,
  })),
});

test("a target is reached at the first evaluation that has it, also where accuracy falls again", () => {
  expect(reaches(model(0.5, 0.9, 0.8), 0.9)).toEqual({ steps: 20, seconds: 4 });
  expect(reaches(model(0.5, Number.NaN, 0.8), 0.9)).toBeUndefined();
});

test("means are of the seeds that came there, medians of all", () => {
  const models = [model(0.9), model(0.5, 0.6, 0.9), model(0.1, 0.2)];
  expect(targetResult({ models }, 0.9)).toEqual({
    target: 0.9,
    reached: 2,
    of: 3,
    steps: { mean: 20, deviation: expect.closeTo(Math.sqrt(200), 12) },
    seconds: { mean: 4, deviation: expect.closeTo(Math.sqrt(8), 12) },
    median_steps: 30,
    median_seconds: 6,
  });
  expect(targetResult({ models: models.slice(1) }, 0.9)).toMatchObject({ median_steps: Number.POSITIVE_INFINITY });
  const none = targetResult({ models }, 0.95);
  expect(none).not.toHaveProperty("steps");
  expect(none).toMatchObject({ reached: 0, of: 3, median_steps: Number.POSITIVE_INFINITY });
});
