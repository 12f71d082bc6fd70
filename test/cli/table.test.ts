import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { friedmanCsv } from "../support/friedman.ts";
import { downhill, readLog, readMetadata, testFolder } from "./run.ts";

const folder = testFolder(20, 10);
const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
const lines = friedmanCsv(230, 1).trim().split("\n");
write("f.csv", `${lines.slice(0, 201).join("\n")}\n`);
write("new.csv", `${[lines[0], ...lines.slice(201)].join("\r\n")}\r\n`);
const kinds = lines.map((line, i) =>
  line.replace(/,[^,]*$/, i === 0 ? ",kind" : Number(line.split(",")[10]) > 14 ? ",high" : ',"low, or so"'),
);
write("kinds.csv", kinds.join("\n"));

const VALUES = "--data f.csv --target y --loss mse --hidden 8 --batch-size 20".split(" ");

test("regression from a table: train, resume, evaluate its test rows and another file's, inspect", async () => {
  const common = [...VALUES, "--population", "2"];
  const text = await downhill(folder, "train", ...common, "--epochs", "2", "--out", "whole");
  expect(text).toMatchObject({ code: 0, stderr: "" });
  expect(text.stdout).toContain(
    "rows: 160 to train on, 40 to test\nfeatures: x1, x2, x3, x4, x5, x6, x7, x8, x9, x10\nvalues of y, ",
  );
  expect(text.stdout).toMatch(
    /^epoch 2\/2 .* test loss \d\.\d+ {2}R2 -?\d\.\d{4} {2}RMSE \d[\d.]* {2}[\d,]+ samples\/s$/m,
  );
  expect(text.stdout).toMatch(
    /^seed 1: test R2 -?\d\.\d{4}, test RMSE \d[\d.]*, test loss \d\.\d{4}, train loss \d\.\d{4}$/m,
  );
  expect(text.stdout).toMatch(/^mean of 2: test R2 .* ± .*, test RMSE .* ± /m);
  expect(text.stdout).toMatch(/^ensemble \(mean\): test R2 /m);
  const [done] = readLog(join(folder, "whole/log.jsonl")).filter(({ event }) => event === "done");
  const { models } = done as { models: Record<string, number>[] };
  expect(Object.keys(models[0] ?? {})).toEqual(["seed", "train_loss", "test_loss", "test_rmse", "test_r2"]);
  expect(JSON.parse(readMetadata(join(folder, "whole/checkpoint.safetensors")).table ?? "")).toMatchObject({
    trainCount: 160,
    target: { kind: "values", columns: [{ name: "y" }] },
  });

  await downhill(folder, "train", ...common, "--steps", "8", "--out", "half");
  const resumed = await downhill(folder, "train", "--resume", "half", "--steps", "16", "--json");
  expect(JSON.parse(resumed.stdout).models).toEqual(models);

  const own = JSON.parse((await downhill(folder, "evaluate", "whole", "--json")).stdout);
  expect(models).toEqual(own.models.map((model: object) => expect.objectContaining(model)));
  expect(own.ensembles.mean.test_rmse).toBeCloseTo(own.ensemble.rmse, 12);
  // Predictions are read back: the same numbers by another way, but for rounding.
  expect(own.figures[1][0].rmse / own.models[1].test_rmse).toBeCloseTo(1, 5);
  const other = await downhill(folder, "evaluate", "whole", "--data", "new.csv");
  expect(other).toMatchObject({ code: 0, stderr: "" });
  expect(other.stdout).toMatch(/^column +RMSE +mean absolute error +R2\ny +\d[\d.]* +\d[\d.]* +-?\d\.\d{4}$/m);

  const inspected = await downhill(folder, "inspect", ...common);
  expect(inspected.stdout).toMatch(/^table +values of y/m);
  expect(inspected.stdout).toMatch(/^loss +mse/m);
  expect(inspected.stdout).toMatch(/^ {2}gather .* shaders\/data\/gather_f32\.wgsl$/m);
});

test("classes from a table's text column have their names in log, report and JSON", async () => {
  const trained = await downhill(
    folder,
    "train",
    "--data",
    "kinds.csv",
    "--target",
    "kind",
    "--epochs",
    "1",
    "--hidden",
    "8",
    "--loss",
    "focal:gamma=3",
    "--out",
    "kinds",
  );
  expect(trained).toMatchObject({ code: 0, stderr: "" });
  expect(trained.stdout).toContain("classes of kind: high, low, or so\n");
  expect(trained.stdout).toMatch(/^test accuracy \d/m);
  expect(readLog(join(folder, "kinds/log.jsonl"))[0]).toMatchObject({ classes: ["high", "low, or so"] });
  const evaluated = await downhill(folder, "evaluate", "kinds");
  // The loss is the run's also where nothing was trained before: with its own gamma.
  const [done] = readLog(join(folder, "kinds/log.jsonl")).filter(({ event }) => event === "done");
  const again = JSON.parse((await downhill(folder, "evaluate", "kinds", "--json")).stdout);
  expect((done as { models: object[] }).models).toEqual([expect.objectContaining(again.models[0])]);
  expect(evaluated.stdout).toMatch(/^low, or so +\d+ +\d+ /m);
});

describe("is refused, in a sentence:", () => {
  write("text.csv", "a,y\n1,2\n2,x\n3,4\n");
  test.concurrent.each<[string, number, string]>([
    ["train --data f.csv --loss mse", 2, "target: is missing: name the column of f.csv"],
    ["train --data f.csv --target z --loss mse", 1, 'f.csv: no column is named "z"; it has x1, x2'],
    ["train --data none.csv --target y", 1, "none.csv"],
    ["train --data text.csv --target y --loss mse", 1, 'text.csv:3: column "y" is "x", no number'],
    [
      "train --data data --loss focal --label-smoothing 0.1",
      2,
      "label_smoothing: smooths the targets of cross_entropy",
    ],
    ["augment --data kinds.csv --target kind --augment shift=1", 2, "augment: changes images"],
  ])("%s", async (command, code, message) => {
    const finished = await downhill(folder, ...command.split(" "));
    expect(finished).toMatchObject({ code, stdout: "" });
    expect(finished.stderr).toContain(message);
    expect(finished.stderr.trim().split("\n")).toHaveLength(1);
  });
});
