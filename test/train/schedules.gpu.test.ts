import { expect, test } from "vitest";
import { chooseTiling } from "../../src/gpu/tiling.ts";
import type { StepEvent } from "../../src/io/runLog.ts";
import { readSafetensors, type Safetensors, writeSafetensors } from "../../src/io/safetensors.ts";
import { courseAt } from "../../src/optim/schedules/course.ts";
import { findSchedule } from "../../src/optim/schedules/registry.ts";
import type { Schedule } from "../../src/optim/schedules/schedule.ts";
import { makePlan } from "../../src/train/plan.ts";
import { parseRecipe, type RecipeInput } from "../../src/train/recipe.ts";
import type { Progress } from "../../src/train/runOptions.ts";
import { openSession } from "../../src/train/session.ts";
import { shapeOf } from "../../src/train/train.ts";
import { runTraining } from "../../src/train/trainer.ts";
import { syntheticDataset } from "../support/dataset.ts";
import { useGpu } from "../support/gpu.ts";
import { expectSameBits } from "../support/session.ts";

const gpuOf = useGpu();
const dataset = syntheticDataset({ train: 330, test: 50 });
// Four steps an epoch.
const base = { hidden: [8], batch_size: 100, seed: 5 } satisfies RecipeInput;

/** A run: its step events, and its checkpoints as they are read back from a file. */
async function run(recipe: RecipeInput, resumeFrom?: Safetensors, checkpointEvery = 1000, stopAt?: number) {
  const gpu = await gpuOf();
  const session = await openSession(
    gpu,
    makePlan(parseRecipe({ ...base, ...recipe }), shapeOf(dataset), chooseTiling(gpu)),
  );
  const steps: StepEvent[] = [];
  const checkpoints: Safetensors[] = [];
  const interrupt = new AbortController();
  const options = {
    signal: interrupt.signal,
    onProgress({ step }: Progress) {
      if (step === stopAt) interrupt.abort("stopped");
    },
    logEvery: 1,
    checkpointEvery,
    onCheckpoint: ({ tensors, metadata }: Safetensors) => {
      checkpoints.push(readSafetensors(writeSafetensors(tensors, metadata), "a checkpoint"));
    },
    ...(resumeFrom && { resumeFrom: { file: "a checkpoint", contents: resumeFrom } }),
  };
  try {
    for await (const event of runTraining(gpu, session, dataset, options))
      if (event.event === "step") steps.push(event);
  } catch (reason) {
    if (reason !== "stopped") throw reason;
  } finally {
    session.destroy();
  }
  return { steps, checkpoints, last: checkpoints.at(-1) as Safetensors };
}

function checkpointAt(checkpoints: readonly Safetensors[], step: number): Safetensors {
  const found = checkpoints.find(({ metadata }) => metadata.step === String(step));
  if (!found) throw new Error(`no checkpoint after step ${step}`);
  return found;
}

function expectSameEnd(got: Safetensors, expected: Safetensors): void {
  expect([...got.tensors.keys()]).toEqual([...expected.tensors.keys()]);
  for (const [name, { data }] of expected.tensors) {
    expectSameBits(got.tensors.get(name)?.data as Float32Array, data as Float32Array, name);
  }
  expect(got.metadata).toEqual(expected.metadata);
}

test("the logged rate is the schedule's, and the update's: sgd's first step moves by it", async () => {
  const optimizer = { name: "sgd", lr: 0.1 };
  const schedule = { name: "one_cycle", warmup: 3 } as const;
  const { steps } = await run({ optimizer, schedule, steps: 10 });
  const setting = parseRecipe({ schedule }).schedule;
  if (!setting) throw new Error("no schedule");
  const expected = Array.from(
    { length: 10 },
    (_, step) =>
      courseAt(findSchedule("one_cycle") as Schedule, setting, 0.1, step, { steps: 10, stepsPerEpoch: 4 }).value,
  );
  expect(steps.map(({ step, lr }) => [step, lr])).toEqual(expected.map((lr, i) => [i + 1, lr]));
  // The same rate without a schedule makes the same step.
  const [scheduled, alone] = await Promise.all([
    run({ optimizer, schedule, steps: 10 }, undefined, 1),
    run({ optimizer: { name: "sgd", lr: expected[0] as number }, steps: 1 }),
  ]);
  for (const [name, { data }] of alone.last.tensors) {
    const moved = checkpointAt(scheduled.checkpoints, 1).tensors.get(name)?.data;
    expectSameBits(moved as Float32Array, data as Float32Array, name);
  }
});

const resumed: { what: string; recipe: RecipeInput }[] = [
  {
    what: "cosine with warm-up, beta1 and weight decay scheduled too",
    recipe: {
      optimizer: { name: "adam", lr: 0.01, weight_decay: 0.1 },
      schedule: { name: "cosine", warmup: 5 },
      schedules: { beta1: { name: "linear", end_factor: 0.5 }, weight_decay: { name: "step", step_size: 7 } },
    },
  },
  {
    what: "reduce_on_plateau in a population",
    recipe: {
      optimizer: { name: "momentum", lr: 0.1 },
      schedule: { name: "reduce_on_plateau", patience: 0, factor: 0.5, threshold: 0.05, cooldown: 1, warmup: 2 },
      population: 2,
    },
  },
  {
    what: "reduce_on_plateau on training loss, varied",
    recipe: {
      optimizer: { name: "momentum", lr: 0.1 },
      schedule: { name: "reduce_on_plateau", patience: 1, factor: 0.5, monitor: "train_loss", threshold: 0.3 },
      vary: { key: "schedule.factor", values: [0.5, 0.25] },
    },
  },
];

test.each(resumed)(
  "a run that goes on in the middle ends with the bits of one without a stop: $what",
  async ({ recipe }) => {
    const whole = await run({ ...recipe, steps: 30 }, undefined, 3);
    const rates = whole.steps.map(({ model, lr }) => `${model} ${lr}`);
    expect(new Set(rates).size).toBeGreaterThan(2);
    for (const stop of [3, 12, 15, 27]) {
      const at = checkpointAt(whole.checkpoints, stop);
      const rest = await run({ ...recipe, steps: 30 }, at);
      expectSameEnd(rest.last, whole.last);
      expect(rest.steps).toEqual(whole.steps.filter(({ step }) => step > stop));
    }
  },
);

test("reduce_on_plateau does not count the evaluation of a run that ended inside an epoch", async () => {
  const recipe = {
    optimizer: { name: "momentum", lr: 0.1 },
    schedule: { name: "reduce_on_plateau", patience: 0, factor: 0.5 },
  } as const;
  const whole = await run({ ...recipe, steps: 24 });
  const first = await run({ ...recipe, steps: 10 });
  const rest = await run({ ...recipe, steps: 24 }, first.last);
  expectSameEnd(rest.last, whole.last);
  expect(new Set(whole.steps.map(({ lr }) => lr)).size).toBeGreaterThan(1);
});

test("reduce_on_plateau hears of the evaluation that an interrupt left out", async () => {
  const recipe = {
    optimizer: { name: "momentum", lr: 0.1 },
    schedule: { name: "reduce_on_plateau", patience: 0, factor: 0.5, threshold: 0.1 },
  } as const;
  const whole = await run({ ...recipe, steps: 24 });
  const first = await run({ ...recipe, steps: 24 }, undefined, 1000, 8);
  expect(first.last.metadata).toMatchObject({ step: "8", evaluated: "false" });
  const rest = await run({ ...recipe, steps: 24 }, first.last);
  expectSameEnd(rest.last, whole.last);
  expect(whole.steps.find(({ step }) => step === 9)?.lr).toBe(0.05);
});

test("a member with its own schedule has the bits of its solo run", async () => {
  const optimizer = { name: "adam", lr: 0.01 };
  const schedule = { name: "reduce_on_plateau", patience: 0, threshold: 0.01 } as const;
  const members = await run({ optimizer, schedule, steps: 20, vary: { key: "schedule.factor", values: [0.5, 0.1] } });
  for (const [m, factor] of [0.5, 0.1].entries()) {
    const alone = await run({ optimizer, schedule: { ...schedule, factor }, steps: 20 });
    for (const [name, { data }] of alone.last.tensors) {
      expectSameBits(members.last.tensors.get(`member.${m}.${name}`)?.data as Float32Array, data as Float32Array, name);
    }
  }
});

test("a learning rate that ends at 0 leaves the parameters as they are", async () => {
  const recipe = { optimizer: { name: "adam", lr: 0.01 }, schedule: { name: "polynomial", total_iters: 5 } } as const;
  const { steps, checkpoints, last } = await run({ ...recipe, steps: 7 }, undefined, 5);
  expect(steps.map(({ lr }) => lr).slice(4)).toEqual([0.01 * (1 - 4 / 5), 0, 0]);
  const at5 = checkpointAt(checkpoints, 5);
  for (const name of ["fc1.weight", "fc2.bias"]) {
    expectSameBits(last.tensors.get(name)?.data as Float32Array, at5.tensors.get(name)?.data as Float32Array, name);
  }
});

test("a checkpoint without the state of the recipe's schedule is refused", async () => {
  const optimizer = { name: "momentum", lr: 0.1 };
  const { last } = await run({ optimizer, steps: 4 });
  await expect(run({ optimizer, schedule: { name: "reduce_on_plateau" }, steps: 8 }, last)).rejects.toThrow(
    "a checkpoint: no state of the recipe's schedules in its metadata",
  );
  const broken = { ...last, metadata: { ...last.metadata, schedules: "{" } };
  await expect(run({ optimizer, schedule: { name: "reduce_on_plateau" }, steps: 8 }, broken)).rejects.toThrow(
    "a checkpoint: the state of its schedules cannot be read: ",
  );
});
