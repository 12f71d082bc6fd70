import { expect, test } from "vitest";
import { chooseTiling, plainTiling } from "../../src/gpu/tiling.ts";
import type { EvalEvent, StepEvent } from "../../src/io/runLog.ts";
import { readSafetensors, type Safetensors, writeSafetensors } from "../../src/io/safetensors.ts";
import { makePlan } from "../../src/train/plan.ts";
import { parseRecipe, type RecipeInput } from "../../src/train/recipe.ts";
import { openSession } from "../../src/train/session.ts";
import { shapeOf } from "../../src/train/train.ts";
import { runTraining } from "../../src/train/trainer.ts";
import { syntheticDataset } from "../support/dataset.ts";
import { useGpu } from "../support/gpu.ts";
import { expectSameBits, startSession, trainSteps } from "../support/session.ts";

const gpuOf = useGpu();
const dataset = syntheticDataset({ train: 330, test: 50 });
const augment = { shift: 2, rotate: 12, scale: 0.12, shear: 0.15, elastic: 1, noise: 0.1, erase: 0.5 };
const base = { hidden: [8], batch_size: 100, seed: 5, optimizer: { name: "adam", lr: 0.01 } } satisfies RecipeInput;

/** A run: its losses, its evaluations, and its checkpoints as they are read back from a file. */
async function run(recipe: RecipeInput, resumeFrom?: Safetensors, tilingOf = chooseTiling) {
  const gpu = await gpuOf();
  const plan = makePlan(parseRecipe({ ...base, ...recipe }), shapeOf(dataset), tilingOf(gpu));
  const session = await openSession(gpu, plan);
  const steps: StepEvent[] = [];
  const evaluations: EvalEvent[] = [];
  const checkpoints: Safetensors[] = [];
  const options = {
    logEvery: 1,
    checkpointEvery: 3,
    onCheckpoint: ({ tensors, metadata }: Safetensors) => {
      checkpoints.push(readSafetensors(writeSafetensors(tensors, metadata), "a checkpoint"));
    },
    ...(resumeFrom && { resumeFrom: { file: "a checkpoint", contents: resumeFrom } }),
  };
  for await (const event of runTraining(gpu, session, dataset, options)) {
    if (event.event === "step") steps.push(event);
    if (event.event === "eval") evaluations.push(event);
  }
  session.destroy();
  return { steps, evaluations, checkpoints, last: checkpoints.at(-1) as Safetensors };
}

const lossesOf = ({ steps }: { readonly steps: readonly StepEvent[] }, member = 0) =>
  steps.flatMap(({ model, loss }) => (model === member ? [loss] : []));

function expectSameTensors(got: Safetensors, prefix: string, expected: Safetensors): void {
  for (const [name, { data }] of expected.tensors) {
    expectSameBits(got.tensors.get(`${prefix}${name}`)?.data as Float32Array, data as Float32Array, prefix + name);
  }
}

test("a run that goes on in the middle ends with the bits of one without a stop", async () => {
  const whole = await run({ augment, steps: 10 });
  for (const stop of ["3", "6", "9"]) {
    const at = whole.checkpoints.find(({ metadata }) => metadata.step === stop);
    const rest = await run({ augment, steps: 10 }, at);
    expectSameTensors(rest.last, "", whole.last);
    expect(lossesOf(rest)).toEqual(lossesOf(whole).slice(Number(stop)));
  }
});

test("members have the bits of their solo runs, with settings of their own too", async () => {
  const members = await run({ augment, population: 3, steps: 6 });
  for (const m of [0, 1, 2]) {
    const alone = await run({ augment, seed: base.seed + m, steps: 6 });
    expect(lossesOf(members, m)).toEqual(lossesOf(alone));
    expectSameTensors(members.last, `member.${m}.`, alone.last);
  }
  const values = [5, 90];
  const varied = await run({ augment, steps: 6, vary: { key: "augment.rotate", values } });
  for (const [m, rotate] of values.entries()) {
    const alone = await run({ augment: { ...augment, rotate }, steps: 6 });
    expectSameTensors(varied.last, `member.${m}.`, alone.last);
  }
  expect(lossesOf(varied, 0)).not.toEqual(lossesOf(varied, 1));
});

test("how a step is cut into chunks and submits does not change which numbers are drawn", async () => {
  const gpu = await gpuOf();
  const large = syntheticDataset({ train: 2500, test: 10 });
  const runs = await Promise.all(
    [1, 3, 100].map(async (most) => {
      const session = await startSession(gpu, { ...base, augment, batch_size: "full" }, large);
      const losses = await trainSteps(session, 0, 3, most);
      const params = await session.read("params");
      session.destroy();
      return { losses, params };
    }),
  );
  for (const { losses, params } of runs) {
    expect(losses).toEqual(runs[0]?.losses);
    expectSameBits(params, runs[0]?.params as Float32Array, "params");
  }
});

test("only training samples are changed: parameters that hardly move evaluate as without", async () => {
  for (const tilingOf of [chooseTiling, () => plainTiling]) {
    const optimizer = { name: "sgd", lr: 1e-30 };
    const [changed, plain] = await Promise.all([
      run({ augment, optimizer, steps: 4 }, undefined, tilingOf),
      run({ optimizer, steps: 4 }, undefined, tilingOf),
    ]);
    expect(changed.evaluations.map(({ test_loss }) => test_loss)).toEqual(
      plain.evaluations.map(({ test_loss }) => test_loss),
    );
    for (const [i, loss] of lossesOf(plain).entries()) expect(lossesOf(changed)[i]).not.toBe(loss);
  }
});

test("settings of 0 leave the plan as it is", async () => {
  const gpu = await gpuOf();
  const planOf = (recipe: RecipeInput) => makePlan(parseRecipe(recipe), shapeOf(dataset), chooseTiling(gpu));
  const { stages, buffers } = planOf({ ...base, augment: { rotate: 0 } });
  expect({ stages, buffers }).toEqual({ stages: planOf(base).stages, buffers: planOf(base).buffers });
});
