import { describe, expect, test } from "vitest";
import type { Dataset } from "../../src/data/dataset.ts";
import type { Gpu } from "../../src/gpu/device.ts";
import type { DoneEvent, EvalEvent, StartEvent, StepEvent } from "../../src/io/runLog.ts";
import { readSafetensors, type Safetensors, writeSafetensors } from "../../src/io/safetensors.ts";
import { bestOf } from "../../src/train/best.ts";
import { restoreForEvaluation } from "../../src/train/checkpoint.ts";
import { ensembleOf, type Predictions, predictTest } from "../../src/train/predict.ts";
import type { RecipeInput } from "../../src/train/recipe.ts";
import { evaluateTest } from "../../src/train/submits.ts";
import { type TrainOptions, train } from "../../src/train/train.ts";
import { partsOf } from "../../src/train/validation.ts";
import { syntheticDataset } from "../support/dataset.ts";
import { useGpu } from "../support/gpu.ts";
import { expectSameBits, startSession } from "../support/session.ts";

// Whole runs with held out samples: random labels, which a network learns by heart, so that its validation loss soon rises.

const gpuOf = useGpu();
const dataset = syntheticDataset({ train: 250, test: 50, width: 9, height: 9 });
const base = {
  hidden: [16],
  batch_size: 50,
  epochs: 12,
  seed: 5,
  validation: 50,
  optimizer: { name: "adam", lr: 0.01 },
} satisfies RecipeInput;
const stopping = { ...base, early_stopping: { patience: 2 } } satisfies RecipeInput;

interface Run {
  readonly start: StartEvent;
  readonly steps: readonly StepEvent[];
  readonly evaluations: readonly EvalEvent[];
  readonly done: DoneEvent;
  /** Every checkpoint, as it reads back from its file. */
  readonly checkpoints: readonly Safetensors[];
}

async function run(gpu: Gpu, recipe: RecipeInput, options: TrainOptions = {}): Promise<Run> {
  const [steps, evaluations]: [StepEvent[], EvalEvent[]] = [[], []];
  const checkpoints: Safetensors[] = [];
  const ends: { start?: StartEvent; done?: DoneEvent } = {};
  const onCheckpoint = ({ tensors, metadata }: Safetensors) => {
    checkpoints.push(readSafetensors(writeSafetensors(tensors, metadata), "checkpoint"));
  };
  for await (const event of train(recipe, { adapter: gpu, dataset, logEvery: 1, onCheckpoint, ...options })) {
    if (event.event === "start") ends.start = event;
    else if (event.event === "step") steps.push(event);
    else if (event.event === "eval") evaluations.push(event);
    else ends.done = event;
  }
  return { start: ends.start as StartEvent, done: ends.done as DoneEvent, steps, evaluations, checkpoints };
}

/** Loss and accuracy of a checkpoint's weights on the test set, by its session for evaluation. */
async function evaluate(gpu: Gpu, recipe: RecipeInput, checkpoint: Safetensors) {
  const session = await startSession(gpu, recipe, dataset);
  await session.prepare(["view", "statistics", "evaluate"]);
  session.uploadTest(dataset.test);
  restoreForEvaluation(session, checkpoint, "checkpoint");
  const results = await evaluateTest(session);
  session.destroy();
  return results.map(({ loss, hits }) => ({ test_loss: loss, test_accuracy: hits / dataset.test.count }));
}

/** Throws unless the tensors behind a prefix are the others, bit for bit. */
function expectSameTensors(got: Safetensors | undefined, prefix: string, expected: Safetensors | undefined): void {
  const names = [...(expected?.tensors.keys() ?? [])];
  expect([...(got?.tensors.keys() ?? [])].filter((name) => name.startsWith(prefix)).sort()).toEqual(
    names.map((name) => prefix + name).sort(),
  );
  for (const name of names) {
    const [a, b] = [got?.tensors.get(prefix + name)?.data, expected?.tensors.get(name)?.data] as Float32Array[];
    expectSameBits(a as Float32Array, b as Float32Array, prefix + name);
  }
}

const figures = ({ test_loss, test_accuracy }: Pick<EvalEvent, "test_loss" | "test_accuracy">) => {
  return { test_loss, test_accuracy };
};

test("a run with held out samples is the run on the rest, and they are evaluated like a test set", async () => {
  const gpu = await gpuOf();
  const recipe = { ...base, epochs: 2 };
  const { steps, evaluations } = await run(gpu, recipe);
  const session = await startSession(gpu, recipe, dataset);
  const { train: rest, validation } = partsOf(session.plan, dataset.train);
  session.destroy();
  const parts: Dataset = { name: "parts", train: rest, test: validation as Dataset["test"] };
  const { validation: _, ...plain } = recipe;
  const other = await run(gpu, plain, { dataset: parts });
  expect(steps).toEqual(other.steps);
  expect(
    evaluations.map(({ val_loss, val_accuracy }) => ({ test_loss: val_loss, test_accuracy: val_accuracy })),
  ).toEqual(other.evaluations.map(figures));
  expect(other.evaluations[0]).not.toHaveProperty("val_loss");
});

describe.each([
  {},
  { batch_norm: true, lookahead: { k: 3, alpha: 0.5 } },
  { optimizer: { name: "schedule_free_adamw", lr: 0.02 } },
] satisfies RecipeInput[])("early stopping with %j", (more) => {
  const recipe = { ...stopping, ...more };

  test("stops after its patience and ends with the best weights", async () => {
    const gpu = await gpuOf();
    const { evaluations, done, checkpoints } = await run(gpu, recipe);
    const losses = evaluations.map(({ val_loss }) => val_loss as number);
    const best = losses.indexOf(Math.min(...losses));
    expect(evaluations).toHaveLength(best + 3);
    expect(evaluations.length).toBeLessThan(base.epochs);
    expect(evaluations.at(-1)?.stopped).toBe(true);
    expect(done.steps).toBe(4 * evaluations.length);
    expect(done.models[0]).toMatchObject({ ...figures(evaluations[best] as EvalEvent), best_epoch: best + 1 });
    expect(done.models[0]).toMatchObject({ val_loss: losses[best], stopped_epoch: evaluations.length });
    const last = checkpoints.at(-1) as Safetensors;
    expect(await evaluate(gpu, recipe, last)).toEqual([figures(evaluations[best] as EvalEvent)]);
    expect(await evaluate(gpu, recipe, bestOf(last) as Safetensors)).toEqual([figures(evaluations[best] as EvalEvent)]);
  });

  test("a run that goes on from any epoch's checkpoint ends like one without a stop", async () => {
    const gpu = await gpuOf();
    const whole = await run(gpu, recipe, { checkpointEvery: 4 });
    const epochs = whole.evaluations.length;
    for (const epoch of [1, epochs - 1]) {
      const contents = whole.checkpoints.find(({ metadata }) => metadata.step === `${4 * epoch}`) as Safetensors;
      const resumed = await run(gpu, recipe, { resumeFrom: { file: "checkpoint", contents } });
      expect(resumed.steps).toEqual(whole.steps.slice(4 * epoch));
      expect(resumed.evaluations).toEqual(whole.evaluations.slice(epoch));
      expect(resumed.done.models).toEqual(whole.done.models);
      expectSameTensors(resumed.checkpoints.at(-1), "", whole.checkpoints.at(-1));
    }
  });
});

// The faster one learns, the sooner its validation loss rises.
const RATES = [0.01, 0.002, 0.05];
const several = { ...stopping, vary: { key: "lr", values: RATES } } satisfies RecipeInput;

test("each member stops by itself, and equals its run alone", async () => {
  const gpu = await gpuOf();
  const together = await run(gpu, several);
  const ends: (number | undefined)[] = [];
  for (const [m, lr] of RATES.entries()) {
    const alone = await run(gpu, { ...stopping, optimizer: { name: "adam", lr } });
    const own = ({ model }: { readonly model: number }) => model === m;
    expect(together.steps.filter(own).map((event) => ({ ...event, model: 0 }))).toEqual(alone.steps);
    expect(together.evaluations.filter(own).map((event) => ({ ...event, model: 0 }))).toEqual(alone.evaluations);
    expect(together.done.models[m]).toEqual(alone.done.models[0]);
    expectSameTensors(together.checkpoints.at(-1), `member.${m}.`, alone.checkpoints.at(-1));
    ends.push(alone.done.models[0]?.stopped_epoch);
  }
  expect(new Set(ends).size).toBeGreaterThan(1); // else it would show nothing
});

test("a population goes on where some members have stopped", async () => {
  const gpu = await gpuOf();
  const whole = await run(gpu, several, { checkpointEvery: 4, ensemble: true });
  const first = Math.min(...whole.done.models.map(({ stopped_epoch = 99 }) => stopped_epoch));
  const contents = whole.checkpoints.find(({ metadata }) => metadata.step === `${4 * first}`) as Safetensors;
  const resumed = await run(gpu, several, { ensemble: true, resumeFrom: { file: "checkpoint", contents } });
  expect(resumed.start.stopped).toEqual(
    whole.done.models.flatMap(({ stopped_epoch }, m) => (stopped_epoch === first ? [m] : [])),
  );
  expect(resumed.steps).toEqual(whole.steps.filter(({ step }) => step > 4 * first));
  expect(resumed.done.models).toEqual(whole.done.models);
  expect(resumed.done.ensemble).toEqual(whole.done.ensemble);
  expect(resumed.done.ensemble).toBeDefined();
  expectSameTensors(resumed.checkpoints.at(-1), "", whole.checkpoints.at(-1));
});

test("a run that has ended with its best weights goes on from its last ones", async () => {
  const gpu = await gpuOf();
  const recipe = { ...stopping, early_stopping: { patience: 4 } };
  const short = await run(gpu, { ...recipe, epochs: 4 });
  const contents = short.checkpoints.at(-1) as Safetensors;
  expect(contents.metadata.restored).toBe("true");
  const [whole, resumed] = [
    await run(gpu, recipe),
    await run(gpu, recipe, { resumeFrom: { file: "short", contents } }),
  ];
  expect(resumed.steps).toEqual(whole.steps.slice(16));
  expectSameTensors(resumed.checkpoints.at(-1), "", whole.checkpoints.at(-1));
});

test("the rate falls by held out samples where it is asked to", async () => {
  const gpu = await gpuOf();
  const schedule = { name: "reduce_on_plateau", monitor: "val_loss", patience: 1, factor: 0.5 };
  const { steps, evaluations } = await run(gpu, { ...base, schedule });
  const losses = evaluations.map(({ val_loss }) => val_loss as number);
  const least = losses.indexOf(Math.min(...losses));
  // It rises from then on, and the second epoch without a better figure is one too many.
  const rates = steps.map(({ lr }) => lr);
  expect(rates.indexOf(0.005)).toBe(4 * (least + 3));
});

describe("an ensemble", () => {
  test("is made of the best weights where early stopping gives them back", async () => {
    const gpu = await gpuOf();
    const recipe = { ...several, batch_norm: true, lookahead: { k: 3, alpha: 0.5 } };
    const { done, checkpoints } = await run(gpu, recipe, { ensemble: true });
    const session = await startSession(gpu, recipe, dataset);
    await session.prepare(["statistics", "evaluate"]);
    session.uploadTest(dataset.test);
    restoreForEvaluation(session, checkpoints.at(-1) as Safetensors, "checkpoint");
    await evaluateTest(session);
    const predictions = (await predictTest(gpu, session)) as Predictions;
    session.destroy();
    expect(done.ensemble).toEqual(ensembleOf(predictions, "mean"));
  });

  test("of equal members is as good as each", async () => {
    const vary = { key: "lr", values: [0.01, 0.01] };
    const { done } = await run(await gpuOf(), { ...base, vary }, { ensemble: true });
    expect(done.ensemble?.accuracy).toBe(done.models[0]?.test_accuracy);
    expect(done.ensemble?.loss).toBeCloseTo(done.models[0]?.test_loss as number, 5); // sums of another order
  });

  test("is made of seeds unless refused, and of other members only where asked for", async () => {
    const gpu = await gpuOf();
    const short = { ...base, epochs: 1 };
    const vary = { key: "lr", values: [0.01, 0.02] };
    expect((await run(gpu, { ...short, population: 2 })).done.ensemble).toMatchObject({ method: "mean" });
    expect((await run(gpu, { ...short, population: 2 }, { ensemble: false })).done).not.toHaveProperty("ensemble");
    expect((await run(gpu, { ...short, vary })).done).not.toHaveProperty("ensemble");
    await expect(run(gpu, short, { ensemble: true })).rejects.toThrow("ensemble: the recipe has one member");
  });
});

test("a given order is refused beside held out samples", async () => {
  await expect(run(await gpuOf(), base, { order: new Uint32Array(5000) })).rejects.toThrow("validation: a given order");
});
