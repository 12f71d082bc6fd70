import { describe, expect, test } from "vitest";
import type { Dataset, Split } from "../../src/data/dataset.ts";
import { loadTable, type TableSetting } from "../../src/data/table.ts";
import type { Gpu } from "../../src/gpu/device.ts";
import { plainTiling } from "../../src/gpu/tiling.ts";
import type { DoneEvent, EvalEvent } from "../../src/io/runLog.ts";
import { readSafetensors, type Safetensors, writeSafetensors } from "../../src/io/safetensors.ts";
import { tableOfCheckpoint } from "../../src/train/checkpointTable.ts";
import { predictValues, squaredError } from "../../src/train/predictValues.ts";
import { parseRecipe, type RecipeInput } from "../../src/train/recipe.ts";
import { type TrainOptions, train } from "../../src/train/train.ts";
import golden from "../golden/losses.json" with { type: "json" };
import { expectClose } from "../reference/close.ts";
import { friedmanCsv, memoryFiles } from "../support/friedman.ts";
import { useGpu } from "../support/gpu.ts";
import { expectSameBits, startSession, trainSteps } from "../support/session.ts";

// Whole runs on tables: regression against PyTorch's, populations, resuming, ensembles, and a known function.

const gpuOf = useGpu();

const tableOf = (text: string, setting: Partial<TableSetting> = {}) =>
  loadTable("t.csv", memoryFiles({ "t.csv": text }), {
    ...{ target: ["y"], kind: "values", testSplit: 0.2, seed: 0 },
    ...setting,
  });

interface Run {
  readonly losses: readonly number[];
  readonly evaluations: readonly EvalEvent[];
  readonly done: DoneEvent;
  readonly checkpoints: readonly Safetensors[];
}

async function run(gpu: Gpu, recipe: object, dataset: Dataset, options: TrainOptions = {}): Promise<Run> {
  const losses: number[] = [];
  const evaluations: EvalEvent[] = [];
  const checkpoints: Safetensors[] = [];
  let done: DoneEvent | undefined;
  const onCheckpoint = ({ tensors, metadata }: Safetensors) => {
    checkpoints.push(readSafetensors(writeSafetensors(tensors, metadata), "checkpoint"));
  };
  const all = { adapter: gpu, dataset, logEvery: 1, onCheckpoint, ...options };
  for await (const event of train({ ...table, ...recipe }, all)) {
    if (event.event === "step") losses.push(event.loss);
    if (event.event === "eval") evaluations.push(event);
    if (event.event === "done") done = event;
  }
  return { losses, evaluations, done: done as DoneEvent, checkpoints };
}

const table = { data: "t.csv", target: "y", loss: "mse" } satisfies RecipeInput;

/** Rows of floats as a split's bytes, padded to vec4s. */
function floats(values: readonly number[], columns: number): Uint8Array {
  const [rows, stride] = [values.length / columns, 4 * Math.ceil(columns / 4)];
  const padded = new Float32Array(rows * stride);
  for (let row = 0; row < rows; row++) padded.set(values.slice(row * columns, (row + 1) * columns), row * stride);
  return new Uint8Array(padded.buffer);
}

test.each([
  ["the adapter's", undefined],
  ["the portable", plainTiling.name],
])("40 losses and the outputs of PyTorch's regression, by %s kernels", async (_, tiling) => {
  const { batch, lr, x, targets, params, losses, outputs } = golden.run;
  const count = x.length / 5;
  const split: Split = {
    ...{ images: floats(x, 5), labels: floats(targets, 2), count, width: 5, height: 1, rowBytes: 32, classes: 0 },
    ...{ format: "f32", values: 2 },
  };
  const shapes: Record<string, number[]> = {
    "fc1.weight": [8, 5],
    "fc1.bias": [8],
    "fc2.weight": [2, 8],
    "fc2.bias": [2],
  };
  const tensors = new Map(
    Object.entries(params).map(([name, data]) => [name, { shape: shapes[name] ?? [], data: Float32Array.from(data) }]),
  );
  const order = Uint32Array.from({ length: batch * losses.length }, (_, i) => i % count);
  const recipe = { ...table, hidden: [8], activation: "tanh", batch_size: batch, steps: losses.length } as const;
  const initFrom = { file: "start", contents: { tensors, metadata: {} } };
  const given = { name: "golden", train: split, test: split };
  const options = { initFrom, order, ...(tiling !== undefined && { tiling }) };
  const got = await run(await gpuOf(), { ...recipe, optimizer: { name: "adam", lr } }, given, options);
  // f32 errs by 1e-6 in a step; Adam's division by the root of small squares makes it some 1e-5 over 40.
  expectClose(got.losses, losses, { relative: 3e-5 }, "losses");
  const expected = squaredError(
    Float32Array.from({ length: 4 * count }, (_, i) =>
      i % 4 < 2 ? (outputs[2 * Math.floor(i / 4) + (i % 4)] as number) : 0,
    ),
    split,
  );
  const { test_loss, test_r2, ...model } = got.done.models[0] as DoneEvent["models"][number];
  expectClose([test_loss], [expected], { relative: 3e-5 }, "test loss");
  expect(model.test_accuracy).toBeUndefined();
  expect(model.test_rmse).toBeUndefined(); // of two columns in two units there is none
  const variance = targets.reduce((sum, value, i) => {
    const own = targets.filter((_, k) => k % 2 === i % 2);
    return sum + (value - own.reduce((a, b) => a + b) / own.length) ** 2 / targets.length;
  }, 0);
  expectClose([test_r2 ?? Number.NaN], [1 - expected / variance], { absolute: 1e-4 }, "R2");
});

describe("a run on a table", () => {
  const text = friedmanCsv(330, 2);
  const small = { hidden: [16, 8], batch_size: 32, epochs: 2, seed: 5 } satisfies RecipeInput;

  test("gives every member the bits of its run alone, with validation samples", async () => {
    const gpu = await gpuOf();
    const dataset = await tableOf(text);
    const recipe = { ...small, validation: 0.1, activation: "silu", dropout: 0.1, layer_norm: true } as const;
    const together = await run(gpu, { ...recipe, population: 3 }, dataset);
    const alone = await run(gpu, { ...recipe, seed: small.seed + 2 }, dataset);
    expect(together.losses.filter((_, i) => i % 3 === 2)).toEqual(alone.losses);
    const evaluations = together.evaluations.filter(({ model }) => model === 2);
    expect(evaluations.map((event) => ({ ...event, model: 0 }))).toEqual(alone.evaluations);
    for (const { test_loss, test_rmse, test_r2, val_loss, val_rmse, val_r2 } of evaluations) {
      for (const value of [test_loss, test_rmse, test_r2, val_loss, val_rmse, val_r2])
        expect(value).toBeTypeOf("number");
    }
    // The mean of predictions errs less than they do on average, for a square is convex.
    const { ensemble, models } = together.done;
    const mean = models.reduce((sum, { test_loss }) => sum + test_loss / 3, 0);
    expect(ensemble?.loss).toBeLessThan(mean);
    expect(ensemble?.loss).toBeGreaterThan(mean / 3);
    expect(ensemble).toMatchObject({ method: "mean", rmse: expect.any(Number), r2: expect.any(Number) });
    expect(ensemble?.accuracy).toBeUndefined();
  });

  test("says its errors in the target's unit", async () => {
    const dataset = await tableOf(text);
    const { done } = await run(await gpuOf(), small, dataset);
    const [{ test_loss, test_rmse }] = done.models as [DoneEvent["models"][number]];
    const [y] = dataset.table?.target.kind === "values" ? dataset.table.target.columns : [];
    expectClose([test_rmse ?? Number.NaN], [Math.sqrt(test_loss) * (y?.deviation ?? 0)], { relative: 1e-12 }, "rmse");
  });

  test("goes on from its checkpoint with the same bits, and not with other rows", async () => {
    const gpu = await gpuOf();
    const dataset = await tableOf(text);
    const whole = await run(gpu, small, dataset, { checkpointEvery: 5 });
    const [first] = whole.checkpoints.filter(({ metadata }) => metadata.step === "5");
    expect(tableOfCheckpoint(first as Safetensors, "c")).toEqual(dataset.table);
    const resumeFrom = { file: "c", contents: first as Safetensors };
    const rest = await run(gpu, small, dataset, { resumeFrom });
    expect(rest.losses).toEqual(whole.losses.slice(5));
    expect(rest.done.models).toEqual(whole.done.models);
    const changed = await tableOf(text.replace(/\d\n$/, "99\n"));
    await expect(run(gpu, small, changed, { resumeFrom })).rejects.toThrow(
      "t.csv: its rows have changed since the run",
    );
  });

  test("in chunks adds up to the whole batch", async () => {
    const gpu = await gpuOf();
    const dataset = await tableOf(friedmanCsv(1600, 3));
    const recipe = {
      ...{ ...table, hidden: [9], batch_size: "full" as const },
      optimizer: { name: "sgd", lr: 0.1 },
    } satisfies RecipeInput;
    const session = await startSession(gpu, recipe, dataset);
    expect(session.plan.chunkRows).toBe(640);
    const before = await evaluateTrain(gpu, recipe, dataset);
    const [[loss] = []] = await trainSteps(session, 0, 1);
    session.destroy();
    expectClose([loss ?? Number.NaN], [before], { relative: 2e-6 }, "the step's loss");
  });

  /** The loss of the start on the training set, from all its predictions. */
  async function evaluateTrain(gpu: Gpu, recipe: RecipeInput, dataset: Dataset): Promise<number> {
    const all = { ...dataset, test: dataset.train };
    const session = await startSession(gpu, recipe, all);
    session.uploadTest(dataset.train);
    const predicted = await predictValues(gpu, session);
    session.destroy();
    return squaredError(predicted?.[0] ?? [], dataset.train);
  }

  test("tells classes of a text column, whose names are in the log", async () => {
    const rows = text
      .trim()
      .split("\n")
      .slice(1)
      .map((line) => line.split(","));
    const kinds = rows.map((row) => [...row.slice(0, 10), Number(row[10]) > 14 ? "high" : "low"].join(","));
    const dataset = await tableOf([text.split("\n")[0], ...kinds].join("\n"), { kind: "classes" });
    const recipe = {
      ...small,
      loss: { name: "focal", gamma: 1 },
      batch_size: 32,
      epochs: 12,
      optimizer: { name: "adam", lr: 0.01 },
    } satisfies RecipeInput;
    let names: readonly string[] | undefined;
    let accuracy: number | undefined;
    for await (const event of train({ ...table, ...recipe }, { adapter: await gpuOf(), dataset })) {
      if (event.event === "start") names = event.classes;
      if (event.event === "done") accuracy = event.models[0]?.test_accuracy;
    }
    expect(names).toEqual(["high", "low"]);
    expect(accuracy).toBeGreaterThan(0.75);
  });
});

test("Friedman's function is told nearly to its noise", async () => {
  const dataset = await tableOf(friedmanCsv(2000, 1));
  const recipe = { hidden: [32], activation: "silu", batch_size: 200, epochs: 40 } as const;
  const optimizer = { name: "adamw", lr: 0.03 };
  const { done } = await run(await gpuOf(), { ...recipe, optimizer, schedule: { name: "cosine" } }, dataset);
  const [{ test_r2 = 0, test_rmse = 0 }] = done.models as [DoneEvent["models"][number]];
  // Noise of deviation 1 leaves an R2 of 1 - 1 / 24.8 = 0.96 to the function itself.
  expect(test_r2).toBeGreaterThan(0.94);
  expect(test_r2).toBeLessThan(0.97);
  expect(test_rmse).toBeGreaterThan(0.9);
  expect(test_rmse).toBeLessThan(1.25);
});

describe("what does not suit values is refused", () => {
  test.each<[RecipeInput, string]>([
    [{ loss: "cross_entropy" }, "loss: cross_entropy is one of classes, and the data have values: take mse"],
    [{ loss: "hinge" }, "loss: hinge is one of classes, and the data have values: take mse"],
    [{ augment: { shift: 2 } }, "augment: changes images, and these samples are none: leave it out"],
    [
      { validation: 0.1, early_stopping: { monitor: "val_accuracy" } },
      "early_stopping.monitor: val_accuracy is a share of classes told right, and these data have values: take a loss",
    ],
    [
      { schedule: { name: "reduce_on_plateau", monitor: "test_accuracy" } },
      "schedule.monitor: test_accuracy is a share",
    ],
    [
      { schedules: { beta1: { name: "reduce_on_plateau", monitor: "test_accuracy" } } },
      "schedules.beta1.monitor: test_accuracy is a share",
    ],
  ])("%j", async (recipe, message) => {
    const dataset = await tableOf(friedmanCsv(150, 1));
    await expect(run(await gpuOf(), recipe, dataset)).rejects.toThrow(message);
  });
});

describe("members may differ in their loss's parameter", () => {
  test("and have the bits of their runs alone, in evaluation too", async () => {
    const gpu = await gpuOf();
    const text = friedmanCsv(120, 4).replaceAll(
      /,(\d+\.\d+|-\d+\.\d+)\n/g,
      (_, y) => `,${Number(y) > 14 ? "b" : "a"}\n`,
    );
    const dataset = await tableOf(text, { kind: "classes" });
    const recipe = { hidden: [8], batch_size: 20, epochs: 1 } as const;
    const vary = { key: "loss.gamma", values: [0, 2, 5] };
    const together = await run(gpu, { ...recipe, loss: "focal", vary }, dataset);
    for (const [m, gamma] of vary.values.entries()) {
      const alone = await run(gpu, { ...recipe, loss: { name: "focal", gamma } }, dataset);
      expect(together.losses.filter((_, i) => i % 3 === m)).toEqual(alone.losses);
      expect({ ...together.evaluations[m], model: 0 }).toEqual(alone.evaluations[0]);
    }
    const entropy = await run(gpu, { ...recipe, loss: "cross_entropy" }, dataset);
    expectClose(
      [together.evaluations[0]?.test_loss ?? Number.NaN],
      [entropy.evaluations[0]?.test_loss ?? 0],
      { relative: 1e-5 },
      "gamma 0",
    );
    expect(parseRecipe({ ...table, loss: "focal" }).loss).toEqual({ name: "focal", gamma: 2 });
  });
});

test("several targets: a member of a population has the bits of its run alone", async () => {
  const dataset = await tableOf(friedmanCsv(60, 5), { target: ["y", "x1"] });
  const session = await startSession(
    await gpuOf(),
    { ...table, target: ["y", "x1"], hidden: [5], population: 2, batch_size: 16 },
    dataset,
  );
  await trainSteps(session, 0, 3);
  const params = await session.read("params");
  const alone = await startSession(
    await gpuOf(),
    { ...table, target: ["y", "x1"], hidden: [5], seed: 1, batch_size: 16 },
    dataset,
  );
  await trainSteps(alone, 0, 3);
  const { stride } = session.plan.model.arena;
  expectSameBits(params.subarray(stride), await alone.read("params"), "parameters of the second");
  session.destroy();
  alone.destroy();
});
