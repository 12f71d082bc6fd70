import { describe, expect, test } from "vitest";
import type { Gpu } from "../../src/gpu/device.ts";
import type { EvalEvent } from "../../src/io/runLog.ts";
import { readSafetensors, type Safetensors, writeSafetensors } from "../../src/io/safetensors.ts";
import { restoreParameters } from "../../src/train/checkpoint.ts";
import { recipeOfCheckpoint } from "../../src/train/checkpointPosition.ts";
import type { RecipeInput } from "../../src/train/recipe.ts";
import { evaluateTest } from "../../src/train/submits.ts";
import { type TrainOptions, train } from "../../src/train/train.ts";
import { syntheticDataset } from "../support/dataset.ts";
import { useGpu } from "../support/gpu.ts";
import { expectSameBits, startSession, trainSteps } from "../support/session.ts";

// Whole runs with what stands between the layers, smoothed labels and clipping: populations, resuming, evaluation.

const gpuOf = useGpu();
const dataset = syntheticDataset({ train: 330, test: 50, width: 9, height: 9 });
const base = { hidden: [16, 8], batch_size: 100, steps: 10, seed: 5 } satisfies RecipeInput;
const networks = [
  { batch_norm: true, dropout: 0.2, activation: "silu", label_smoothing: 0.1, clip_norm: 0.5 },
  { layer_norm: true, dropout: 0.4, init: "orthogonal" },
  {
    ...{ l1: 1e-3, clip_value: 0.02, gradient_noise: { eta: 1e-4 }, max_norm: 0.8, mixup: { alpha: 0.4 } },
    ...{ batch_norm: true, batch_size: 50, accumulate: 2 },
  },
] satisfies RecipeInput[];

interface Run {
  readonly losses: readonly number[];
  readonly evaluations: readonly EvalEvent[];
  /** Every checkpoint, as it reads back from its file. */
  readonly checkpoints: readonly Safetensors[];
}

async function run(gpu: Gpu, recipe: RecipeInput, options: TrainOptions = {}): Promise<Run> {
  const losses: number[] = [];
  const evaluations: EvalEvent[] = [];
  const checkpoints: Safetensors[] = [];
  const onCheckpoint = ({ tensors, metadata }: Safetensors) => {
    checkpoints.push(readSafetensors(writeSafetensors(tensors, metadata), "checkpoint"));
  };
  for await (const event of train(recipe, { adapter: gpu, dataset, logEvery: 1, onCheckpoint, ...options })) {
    if (event.event === "step") losses.push(event.loss);
    if (event.event === "eval") evaluations.push(event);
  }
  return { losses, evaluations, checkpoints };
}

/** Throws unless the tensors behind a prefix are the others, bit for bit. */
function expectSameTensors(got: Safetensors | undefined, prefix: string, expected: Safetensors | undefined): void {
  const names = [...(expected?.tensors.keys() ?? [])];
  expect([...(got?.tensors.keys() ?? [])].filter((name) => name.startsWith(prefix))).toEqual(
    names.map((name) => prefix + name),
  );
  for (const name of names) {
    const [a, b] = [got?.tensors.get(prefix + name)?.data, expected?.tensors.get(name)?.data] as Float32Array[];
    expectSameBits(a as Float32Array, b as Float32Array, prefix + name);
  }
}

describe.each(networks)("%j", (network) => {
  test("every member of a population equals the recipe alone with its seed", async () => {
    const gpu = await gpuOf();
    const together = await run(gpu, { ...base, ...network, population: 3 });
    for (const m of [0, 2]) {
      const alone = await run(gpu, { ...base, ...network, seed: base.seed + m });
      expect(together.losses.filter((_, i) => i % 3 === m)).toEqual(alone.losses);
      const evaluations = together.evaluations.filter(({ model }) => model === m);
      expect(evaluations.map((event) => ({ ...event, model: 0 }))).toEqual(alone.evaluations);
      expectSameTensors(together.checkpoints.at(-1), `member.${m}.`, alone.checkpoints.at(-1));
    }
  });

  test("a run that goes on from its checkpoint ends like one without a stop", async () => {
    const gpu = await gpuOf();
    const recipe = { ...base, ...network };
    const whole = await run(gpu, recipe, { checkpointEvery: 3 });
    const contents = whole.checkpoints.find(({ metadata }) => metadata.step === "6") as Safetensors;
    const resumed = await run(gpu, recipe, { resumeFrom: { file: "checkpoint", contents } });
    expect(resumed.losses).toEqual(whole.losses.slice(6));
    expect(resumed.evaluations).toEqual(whole.evaluations.slice(-2));
    expectSameTensors(resumed.checkpoints.at(-1), "", whole.checkpoints.at(-1));
  });

  test("a checkpoint evaluates like the run at its end, by its recipe and without", async () => {
    const gpu = await gpuOf();
    const { checkpoints, evaluations } = await run(gpu, { ...base, ...network, activation: "relu" });
    const saved = checkpoints.at(-1) as Safetensors;
    const parameters = new Map([...saved.tensors].filter(([name]) => !name.startsWith("optim.")));
    for (const checkpoint of [saved, { tensors: parameters, metadata: {} }]) {
      const session = await startSession(gpu, recipeOfCheckpoint(checkpoint, "checkpoint"), dataset);
      await session.prepare(["evaluate"]);
      session.uploadTest(dataset.test);
      restoreParameters(session, checkpoint, "checkpoint");
      const [result] = await evaluateTest(session);
      expect(result?.loss).toBeCloseTo(evaluations.at(-1)?.test_loss as number, 5);
      session.destroy();
    }
  });
});

test.each([
  ["dropout", [0.1, 0.5], networks[1]],
  ["label_smoothing", [0.05, 0.3], networks[0]],
  ["clip_norm", [0.01, 10], networks[0]],
  ["l1", [1e-3, 0.1], networks[2]],
  ["clip_value", [1e-3, 0.1], networks[2]],
  ["max_norm", [0.3, 0.8], networks[2]],
] as const)("members may differ in %s, and each equals its value alone", async (key, values, network) => {
  const gpu = await gpuOf();
  // The recipe itself says nothing of it: the members' values do.
  const { [key]: _, ...others } = network as RecipeInput;
  const together = await run(gpu, { ...base, ...others, vary: { key, values: [...values] } });
  for (const [m, value] of values.entries()) {
    const alone = await run(gpu, { ...base, ...network, [key]: value });
    expect(together.losses.filter((_, i) => i % 2 === m)).toEqual(alone.losses);
    expectSameTensors(together.checkpoints.at(-1), `member.${m}.`, alone.checkpoints.at(-1));
  }
  expect(together.losses.at(-1)).not.toBe(together.losses.at(-2));
});

test.each([
  ["gradient_noise", "eta", [1e-4, 0.1]],
  ["mixup", "alpha", [0.1, 2]],
] as const)("members may differ in %s.%s, and each equals its value alone", async (field, setting, values) => {
  const gpu = await gpuOf();
  const recipe = { ...base, ...networks[2] };
  const together = await run(gpu, { ...recipe, vary: { key: `${field}.${setting}`, values: [...values] } });
  for (const [m, value] of values.entries()) {
    const alone = await run(gpu, { ...recipe, [field]: { ...(networks[2] as RecipeInput)[field], [setting]: value } });
    expect(together.losses.filter((_, i) => i % 2 === m)).toEqual(alone.losses);
    expectSameTensors(together.checkpoints.at(-1), `member.${m}.`, alone.checkpoints.at(-1));
  }
  expect(together.losses.at(-1)).not.toBe(together.losses.at(-2));
});

test("a member that is switched off keeps its running statistics", async () => {
  const session = await startSession(await gpuOf(), { ...base, ...networks[0], population: 2 }, dataset);
  await trainSteps(session, 0, 3);
  const before = await session.read("running");
  session.enabled[1] = false;
  await trainSteps(session, 3, 6);
  const after = await session.read("running");
  const stride = before.length / 2;
  expectSameBits(after.subarray(stride), before.subarray(stride), "running statistics of member 1");
  expect([...after.subarray(0, stride)]).not.toEqual([...before.subarray(0, stride)]);
  session.destroy();
});

test("a checkpoint without running statistics is refused by evaluation, and starts a run with fresh ones", async () => {
  const gpu = await gpuOf();
  const recipe = { ...base, batch_norm: true };
  const { checkpoints } = await run(gpu, recipe);
  const saved = checkpoints.at(-1) as Safetensors;
  const parameters = new Map([...saved.tensors].filter(([name]) => !/^optim\.|running/.test(name)));
  const contents = { tensors: parameters, metadata: {} };
  const session = await startSession(gpu, recipe, dataset);
  expect(() => restoreParameters(session, contents, "some.safetensors")).toThrow(
    'some.safetensors: no tensor "bn1.running_mean"',
  );
  session.destroy();
  expect((await run(gpu, recipe, { initFrom: { file: "some.safetensors", contents } })).losses).toHaveLength(10);
});
