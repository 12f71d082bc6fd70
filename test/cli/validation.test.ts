import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readSafetensors } from "../reference/files.ts";
import { comparable, downhill, type Finished, readLog, readMetadata, testFolder } from "./run.ts";

// The patterns are learnt in few steps, so that the validation loss falls for long: a large min_delta ends the wait.
const folder = testFolder();
const inFolder = (name: string) => join(folder, name);
const NETWORK = ["--data", "data", "--hidden", "16", "--batch-size", "50"];
const STOPPING = [...NETWORK, "--validation", "0.2", "--early-stopping", "patience=2,min_delta=0.5"];

interface Results {
  readonly test_loss: number;
  readonly test_accuracy: number;
}
interface Summary {
  readonly steps: number;
  readonly models: readonly (Results & { readonly best_epoch?: number; readonly stopped_epoch?: number })[];
  readonly mean?: Results;
  readonly deviation?: Results;
  readonly ensemble?: { readonly accuracy: number; readonly loss: number; readonly method: string };
}
interface Evaluated extends Summary {
  readonly figures: readonly { readonly confusion: number[][]; readonly calibration_error: number }[];
  readonly ensembles?: Readonly<Record<string, Partial<Results>>>;
}
const summaryOf = ({ stdout }: Finished) => JSON.parse(stdout) as Summary;
const evaluatedOf = ({ stdout }: Finished) => JSON.parse(stdout) as Evaluated;

test("a run stops early, keeps its best weights, and goes on from a checkpoint to the same end", async () => {
  const train = ["train", ...STOPPING, "--epochs", "40", "--json"];
  const [whole, half] = await Promise.all([
    downhill(folder, ...train, "--out", "whole"),
    downhill(folder, ...train.map((text) => (text === "40" ? "2" : text)), "--out", "half"),
  ]);
  expect([whole, half]).toMatchObject([
    { code: 0, stderr: "" },
    { code: 0, stderr: "" },
  ]);
  const { steps, models } = summaryOf(whole);
  // 240 samples in batches of 50: 5 steps an epoch.
  expect(steps).toBe(5 * (models[0]?.stopped_epoch as number));
  expect(steps).toBeLessThan(200);
  expect(readdirSync(inFolder("whole")).sort()).toEqual([
    "checkpoint.best.safetensors",
    "checkpoint.safetensors",
    "log.jsonl",
    "recipe.json",
  ]);
  const evals = readLog(inFolder("whole/log.jsonl")).filter(({ event }) => event === "eval");
  expect(evals.at(-1)).toMatchObject({ stopped: true, val_loss: expect.any(Number), val_accuracy: expect.any(Number) });
  const resumed = await downhill(folder, "train", "--resume", "half", "--epochs", "40", "--json");
  expect(summaryOf(resumed).models).toEqual(models);
  const files = ["checkpoint.safetensors", "checkpoint.best.safetensors"];
  for (const file of files) {
    expect(readSafetensors(inFolder(`half/${file}`))).toEqual(readSafetensors(inFolder(`whole/${file}`)));
  }
  // The done event of the first part is dropped, and all else is as without a stop.
  expect(comparable(inFolder("half/log.jsonl"))).toEqual(comparable(inFolder("whole/log.jsonl")));
  for (const file of files) {
    const evaluated = await downhill(folder, "evaluate", `whole/${file}`, "--json");
    expect(models).toMatchObject(evaluatedOf(evaluated).models);
  }
  expect(readMetadata(inFolder("whole/checkpoint.best.safetensors"))).not.toHaveProperty("step");
  const again = await downhill(folder, "train", "--resume", "whole", "--epochs", "80");
  expect(again).toMatchObject({ code: 2, stdout: "" });
  expect(again.stderr).toBe(`downhill: --resume whole: early stopping has ended the run after ${steps} steps\n`);
});

describe("a population", () => {
  test("says what its members come to together, in the summary and by evaluate", async () => {
    const train = ["train", ...NETWORK, "--steps", "12", "--population", "3"];
    const [json, lines] = await Promise.all([
      downhill(folder, ...train, "--out", "seeds", "--json"),
      downhill(folder, ...train, "--out", "told"),
    ]);
    const { models, mean, deviation, ensemble } = summaryOf(json);
    const accuracies = models.map(({ test_accuracy }) => test_accuracy);
    const average = accuracies.reduce((sum, value) => sum + value, 0) / 3;
    expect(mean?.test_accuracy).toBeCloseTo(average, 12);
    const squares = accuracies.reduce((sum, value) => sum + (value - average) ** 2, 0);
    expect(deviation?.test_accuracy).toBeCloseTo(Math.sqrt(squares / 2), 12);
    expect(ensemble).toEqual({ method: "mean", accuracy: expect.any(Number), loss: expect.any(Number) });
    const share = (100 * (ensemble?.accuracy as number)).toFixed(2);
    expect(lines.stdout).toContain(`\nensemble (mean): test accuracy ${share} %, test loss `);

    const [evaluated, told] = await Promise.all([
      downhill(folder, "evaluate", "seeds", "--json"),
      downhill(folder, "evaluate", "seeds"),
    ]);
    const evaluation = evaluatedOf(evaluated);
    expect(evaluation).toMatchObject({ mean, deviation, ensemble });
    expect(Object.keys(evaluation.ensembles ?? {})).toEqual(["mean", "vote", "geometric"]);
    expect(evaluation.ensembles?.mean).toMatchObject({
      test_accuracy: ensemble?.accuracy,
      test_loss: ensemble?.loss,
    });
    for (const [m, { confusion }] of evaluation.figures.entries()) {
      expect(confusion.flat().reduce((sum, count) => sum + count)).toBe(100);
      expect(confusion.reduce((sum, row, label) => sum + (row[label] ?? 0), 0)).toBe(
        Math.round(100 * (accuracies[m] ?? 0)),
      );
    }
    expect(told.stdout).toContain(`ensemble by mean: test accuracy ${share} %, test loss `);
    expect(told.stdout).toMatch(/^class +0 +1 +2 +3 +4 +5 +6 +7 +8 +9 +precision +recall$/m);
  });

  test("that vary makes is no ensemble unless asked for", async () => {
    const train = ["train", ...NETWORK, "--steps", "12", "--vary", "lr=0.001,0.01", "--json"];
    const [plain, asked] = await Promise.all([
      downhill(folder, ...train, "--out", "plain"),
      downhill(folder, ...train, "--out", "asked", "--ensemble"),
    ]);
    expect(summaryOf(plain)).not.toHaveProperty("ensemble");
    expect(summaryOf(asked).ensemble).toMatchObject({ method: "mean" });
    const told = await downhill(folder, "evaluate", "plain");
    expect(told.stdout).toContain("no ensemble: the members differ in lr, as if to choose one of them");
    const combined = await downhill(folder, "evaluate", "plain", "--ensemble", "--json");
    expect(evaluatedOf(combined).ensemble).toEqual(summaryOf(asked).ensemble);
  });
});

test.each([
  [
    ["--validation", "300"],
    "validation: 300 of the 300 training samples are held out, which leaves none; hold fewer out",
  ],
  [["--validation", "0.9", "--batch-size", "31"], "batch_size: 31 is more than the 30 training samples"],
  [["--early-stopping", "patience=3"], "early_stopping.monitor: val_loss is taken on held out samples"],
  [["--validation", "x"], '--validation x: "x" is not a number'],
  [["--validation", "50", "--early-stopping", "patience=0"], "early_stopping.patience: must be at least 1, got 0"],
  [["--ensemble"], "ensemble: the recipe has one member; give a population, or vary"],
])("%j is bad usage", async (flags, message) => {
  const { code, stderr } = await downhill(folder, "train", ...NETWORK, "--out", "refused", ...flags);
  expect(stderr).toContain(message);
  expect(code).toBe(2);
  expect(readdirSync(folder)).not.toContain("refused");
});
