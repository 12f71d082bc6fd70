import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { goldenPath, readRuns, readSafetensors } from "../reference/files.ts";
import { comparable, downhill, type Finished, readLog, readMetadata, testFolder } from "./run.ts";

const folder = testFolder();
const inFolder = (name: string) => join(folder, name);
// 300 samples in batches of 40: 8 steps an epoch, the last of 20 samples; 20 steps end inside the third epoch.
const SMALL = ["--data", "data", "--hidden", "16", "--batch-size", "40", "--steps", "20", "--log-every", "5"];
const SHAPES = { "fc1.weight": [16, 784], "fc1.bias": [16], "fc2.weight": [10, 16], "fc2.bias": [10] };
const MODEL = {
  seed: 3,
  train_loss: expect.any(Number),
  test_loss: expect.any(Number),
  test_accuracy: expect.any(Number),
};

interface Summary {
  readonly steps: number;
  readonly seconds: { readonly total: number; readonly train: number; readonly compile: number };
  readonly models: readonly { readonly test_loss: number; readonly test_accuracy: number }[];
}
const summaryOf = ({ stdout }: Finished) => JSON.parse(stdout) as Summary;

/** A run that several tests look at, and the same recipe as the first member of two populations. */
let single: Finished;
let population: Finished;
let varied: Finished;

beforeAll(async () => {
  [single, population] = await Promise.all([
    downhill(folder, "train", ...SMALL, "--seed", "3", "--json", "--out", "single"),
    downhill(folder, "train", ...SMALL, "--seed", "3", "--population", "2", "--json", "--out", "population"),
  ]);
  varied = await downhill(
    folder,
    "train",
    ...SMALL,
    "--seed",
    "3",
    "--vary",
    "lr=0.001,0.01",
    "--json",
    "--out",
    "varied",
  );
});

describe("a run", () => {
  test("ends with 0 and prints its summary as one line of JSON, nothing else", () => {
    expect(single).toMatchObject({ code: 0, stderr: "" });
    expect(single.stdout).toMatch(/^\{.*\}\n$/);
    expect(summaryOf(single)).toEqual({
      adapter: expect.objectContaining({ name: expect.any(String), kind: expect.stringMatching(/^(hard|soft)ware$/) }),
      steps: 20,
      seconds: { total: expect.any(Number), train: expect.any(Number), compile: expect.any(Number) },
      models: [MODEL],
      out: "single",
    });
    const { total, train, compile } = summaryOf(single).seconds;
    expect(Math.min(train, compile)).toBeGreaterThan(0);
    expect(total).toBeGreaterThan(train + compile);
    expect(summaryOf(single).models[0]?.test_accuracy).toBeGreaterThan(0.5);
  });

  test("leaves recipe, log and checkpoint in its folder, and no other file", () => {
    expect(readdirSync(inFolder("single")).sort()).toEqual(["checkpoint.safetensors", "log.jsonl", "recipe.json"]);
    expect(JSON.parse(readFileSync(inFolder("single/recipe.json"), "utf8"))).toEqual({
      data: "data",
      hidden: [16],
      activation: "relu",
      batch_norm: false,
      layer_norm: false,
      dropout: 0,
      init: { name: "default" },
      loss: { name: "cross_entropy" },
      label_smoothing: 0,
      optimizer: { name: "adam", lr: 0.001, beta1: 0.9, beta2: 0.999, weight_decay: 0, eps: 1e-8, eps_root: 0 },
      batch_size: 40,
      epochs: 10,
      steps: 20,
      seed: 3,
      population: 1,
    });
  });

  test("logs its start, every fifth step, an evaluation after each epoch and at its end, and its results", () => {
    const events = readLog(inFolder("single/log.jsonl"));
    expect(events.map(({ event, step, epoch }) => [event, step, epoch].filter((part) => part !== undefined))).toEqual([
      ["start"],
      ["step", 5],
      ["eval", 8, 1],
      ["step", 10],
      ["step", 15],
      ["eval", 16, 2],
      ["step", 20],
      ["eval", 20, 3],
      ["done"],
    ]);
    expect(events[0]).toEqual({
      event: "start",
      recipe: JSON.parse(readFileSync(inFolder("single/recipe.json"), "utf8")),
      adapter: (summaryOf(single) as unknown as { adapter: object }).adapter,
      kernels: expect.any(String),
    });
    expect(events[1]).toEqual({ event: "step", step: 5, model: 0, loss: expect.any(Number), lr: 0.001 });
    const { seed: _, ...measured } = MODEL;
    expect(events[2]).toEqual({ event: "eval", epoch: 1, step: 8, model: 0, ...measured });
    expect(events[8]).toEqual({
      event: "done",
      steps: 20,
      seconds: expect.anything(),
      models: summaryOf(single).models,
    });
  });

  test("saves parameters and optimizer state under PyTorch's names, and its position", () => {
    const tensors = readSafetensors(inFolder("single/checkpoint.safetensors"));
    const shapes = Object.fromEntries(Object.entries(tensors).map(([name, { shape }]) => [name, shape]));
    const state = ["exp_avg", "exp_avg_sq"].flatMap((slot) =>
      Object.entries(SHAPES).map(([name, shape]) => [`optim.${slot}.${name}`, shape]),
    );
    expect(shapes).toEqual({ ...SHAPES, ...Object.fromEntries(state) });
    expect(readMetadata(inFolder("single/checkpoint.safetensors"))).toMatchObject({ step: "20", evaluated: "true" });
  });
});

describe("a population", () => {
  test.each<["population" | "varied", string, number[]]>([
    ["population", "seeds from its own on", [3, 4]],
    ["varied", "one seed", [3, 3]],
  ])("%s has %s; its first member is the run alone, to the bit", (name, _, seeds) => {
    const finished = { population, varied }[name];
    expect(finished).toMatchObject({ code: 0, stderr: "" });
    expect(summaryOf(finished).models.map((model) => (model as { seed?: number }).seed)).toEqual(seeds);
    expect(summaryOf(finished).models[0]).toEqual(summaryOf(single).models[0]);
    expect(summaryOf(finished).models[1]?.test_loss).not.toBe(summaryOf(single).models[0]?.test_loss);

    const alone = readSafetensors(inFolder("single/checkpoint.safetensors"));
    const members = readSafetensors(inFolder(`${name}/checkpoint.safetensors`));
    const names = Object.keys(alone);
    expect(Object.keys(members).sort()).toEqual([0, 1].flatMap((m) => names.map((n) => `member.${m}.${n}`)).sort());
    for (const tensor of names) expect(members[`member.0.${tensor}`], tensor).toEqual(alone[tensor]);

    const events = comparable(inFolder(`${name}/log.jsonl`)).filter(({ event }) => event !== "done");
    const first = events.filter(({ model }) => model === 0);
    expect(first).toEqual(comparable(inFolder("single/log.jsonl")).filter(({ event }) => event !== "done"));
    expect(events).toHaveLength(2 * first.length);
  });

  test("logs each member's learning rate", () => {
    const steps = readLog(inFolder("varied/log.jsonl")).filter(({ step, event }) => event === "step" && step === 5);
    expect(steps.map(({ model, lr }) => [model, lr])).toEqual([
      [0, 0.001],
      [1, 0.01],
    ]);
  });
});

test("a start and an order from files leave nothing to the seed, and an order goes on after a resume", async () => {
  const order = Uint32Array.from({ length: 160 }, (_, i) => (i * 7) % 300);
  writeFileSync(inFolder("order.u32"), order);
  const files = ["--init-from", "single/checkpoint.safetensors", "--order", "order.u32"];
  const replay = ["train", "--data", "data", "--hidden", "16", "--batch-size", "40", ...files];
  const runs = await Promise.all([
    downhill(folder, ...replay, "--steps", "4", "--seed", "1", "--out", "replay"),
    downhill(folder, ...replay, "--steps", "2", "--seed", "2", "--out", "resumed"),
  ]);
  runs.push(await downhill(folder, "train", "--resume", "resumed", "--steps", "4"));
  expect(runs.map(({ code, stderr }) => [code, stderr])).toEqual([
    [0, ""],
    [0, ""],
    [0, ""],
  ]);
  const [a, b] = ["replay", "resumed"].map((name) => readSafetensors(inFolder(`${name}/checkpoint.safetensors`)));
  expect(a).toEqual(b);
  expect(a?.["fc1.weight"]).not.toEqual(readSafetensors(inFolder("single/checkpoint.safetensors"))["fc1.weight"]);
});

test("flags take the place of a recipe file's fields; without --json there are lines, without --out a new folder", async () => {
  const recipe = { data: "data", hidden: [16], batch_size: "full", optimizer: { name: "sgd", lr: 0.5 }, epochs: 9 };
  writeFileSync(inFolder("recipe.json"), JSON.stringify(recipe));
  const { code, stdout, stderr } = await downhill(
    folder,
    ...["train", "--recipe", "recipe.json", "--epochs", "2", "--log", "apart.jsonl", "--log-every", "1"],
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^adapter: .+$/m);
  expect(stdout).toMatch(/^training 784-16-10 relu on data with sgd \(lr 0\.5\), batch 300, 2 steps$/m);
  expect(stdout).toMatch(
    /^epoch 2\/2 {2}step 2\/2 {2}train loss \S+ {2}test loss \S+ {2}accuracy \S+ % {2}\S+ images\/s$/m,
  );
  expect(stdout).toMatch(/^test accuracy \d+\.\d\d %, test loss /m);
  const out = /^saved in (runs\/\d{4}-\d\d-\d\dT\S+)$/m.exec(stdout)?.[1] ?? "";
  expect(readdirSync(inFolder(out)).sort()).toEqual(["checkpoint.safetensors", "recipe.json"]);
  expect(readLog(inFolder("apart.jsonl")).map(({ event }) => event)).toEqual([
    "start",
    "step",
    "eval",
    "step",
    "eval",
    "done",
  ]);
});

test("on MNIST, replays PyTorch's losses", async () => {
  const { runs, steps } = readRuns("mlp");
  const golden = runs.find(({ downhill }) => downhill.name === "adam");
  if (!golden) throw new Error("no golden run of adam");
  const { name, ...hyper } = golden.downhill;
  const optimizer = `${name}:${Object.entries(hyper)
    .map((pair) => pair.join("="))
    .join(",")}`;
  const finished = await downhill(
    folder,
    ...["train", "--init-from", goldenPath("mlp/init.safetensors"), "--order", goldenPath("mlp/order.u32")],
    ...["--optimizer", optimizer, "--steps", String(steps), "--log-every", "1", "--out", "golden", "--json"],
  );
  expect(finished).toMatchObject({ code: 0, stderr: "" });
  const losses = readLog(inFolder("golden/log.jsonl"))
    .filter(({ event }) => event === "step")
    .map(({ loss }) => Number(loss));
  expect(losses).toHaveLength(golden.losses.length);
  golden.losses.forEach((loss, i) => {
    expect(Math.abs((losses[i] as number) - loss), `step ${i + 1}`).toBeLessThanOrEqual(1e-4 * (1 + loss));
  });
  expect(summaryOf(finished).models[0]?.test_accuracy).toBeCloseTo(golden.test_accuracy, 2);
});
