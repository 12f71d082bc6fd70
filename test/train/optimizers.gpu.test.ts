import { describe, expect, test } from "vitest";
import type { Gpu } from "../../src/gpu/device.ts";
import { chooseTiling } from "../../src/gpu/tiling.ts";
import type { EvalEvent } from "../../src/io/runLog.ts";
import type { Safetensors } from "../../src/io/safetensors.ts";
import { optimizers } from "../../src/optim/registry.ts";
import { restoreForEvaluation } from "../../src/train/checkpoint.ts";
import { makePlan } from "../../src/train/plan.ts";
import { parseRecipe, type RecipeInput } from "../../src/train/recipe.ts";
import { openSession } from "../../src/train/session.ts";
import { evaluateTest } from "../../src/train/submits.ts";
import { shapeOf, train } from "../../src/train/train.ts";
import { syntheticDataset } from "../support/dataset.ts";
import { useGpu } from "../support/gpu.ts";
import { expectSameBits, startSession, trainSteps } from "../support/session.ts";

// What an optimizer does beyond an element's update, in a training: sums over tensors, other weights for evaluation, two
// gradients a step. All of it is in the checkpoint, and none of it depends on the population or on how submits are cut.

const gpuOf = useGpu();
const dataset = syntheticDataset({ train: 330, test: 50, width: 9, height: 7 });

// Four steps an epoch, the last one of 30 samples; runs end inside an epoch.
const base = { hidden: [10, 7], batch_size: 100, steps: 10, seed: 5 } satisfies RecipeInput;

const staged = optimizers.filter(({ stages, evaluation }) => stages || evaluation);
const RECIPES: readonly (RecipeInput & { readonly name: string })[] = [
  ...staged.map(({ name, needsLoss }) => ({
    name,
    optimizer: { name } as RecipeInput["optimizer"],
    ...(needsLoss && { batch_size: "full" as const }),
  })),
  { name: "a warm-up", optimizer: { name: "schedule_free_sgd", warmup_steps: 5 }, schedule: { name: "cosine" } },
  {
    name: "beta's schedule",
    optimizer: { name: "schedule_free_adamw" },
    schedules: { beta1: { name: "linear", end_factor: 0.5 } },
  },
  {
    // What it remembers of rates that were cannot be told from the rate that is: the checkpoint must say it.
    name: "a schedule that listens",
    optimizer: { name: "schedule_free_sgd" },
    schedule: { name: "reduce_on_plateau", factor: 0.5, patience: 0, threshold: 0.5 },
  },
  { name: "a distance", optimizer: { name: "prodigy", d0: 0.01 } },
  { name: "soap, often refreshed", optimizer: { name: "soap", precondition_frequency: 2 } },
  { name: "lbfgs, two pairs", optimizer: { name: "lbfgs", history_size: 2 }, batch_size: "full" },
  { name: "lookahead", optimizer: { name: "adam" }, lookahead: { k: 3 } },
  { name: "sam", optimizer: { name: "momentum" }, sam: { rho: 0.1 } },
  { name: "sam in chunks", optimizer: { name: "adam" }, sam: {}, batch_size: 1200 },
  { name: "decay of weights", optimizer: { name: "adamw", weight_decay: 0.5 }, decay: "weights" },
  { name: "lamb, decay of weights", optimizer: { name: "lamb", weight_decay: 0.5 }, decay: "weights" },
  { name: "all of it", optimizer: { name: "prodigy", d0: 0.01 }, decay: "weights", lookahead: {}, sam: {} },
];
const large = syntheticDataset({ train: 1500, test: 50, width: 9, height: 7 });
const dataOf = ({ batch_size = 0 }: RecipeInput) => (Number(batch_size) > 1000 ? large : dataset);

interface Run {
  readonly evaluations: readonly EvalEvent[];
  readonly checkpoints: readonly Safetensors[];
}

async function run(gpu: Gpu, recipe: RecipeInput, resume?: Safetensors): Promise<Run> {
  const evaluations: EvalEvent[] = [];
  const checkpoints: Safetensors[] = [];
  const options = {
    adapter: gpu,
    dataset: dataOf(recipe),
    checkpointEvery: 3,
    onCheckpoint: (saved: Safetensors) => {
      checkpoints.push(saved);
    },
    ...(resume && { resumeFrom: { file: "earlier", contents: resume } }),
  };
  for await (const event of train(recipe, options)) if (event.event === "eval") evaluations.push(event);
  return { evaluations, checkpoints };
}

function expectSameTensors(got: Safetensors, expected: Safetensors, what: string, prefix = ""): void {
  for (const [name, { data }] of expected.tensors) {
    expectSameBits(got.tensors.get(`${prefix}${name}`)?.data as Float32Array, data as Float32Array, `${what}, ${name}`);
  }
}

const stepOf = ({ metadata }: Safetensors) => Number(metadata.step);
const last = ({ checkpoints }: Run) => checkpoints.at(-1) as Safetensors;

describe.each(RECIPES)("$name", ({ name: _, ...recipe }) => {
  test("a run that goes on from any checkpoint ends in the same bits, and so does evaluation of one", async () => {
    const gpu = await gpuOf();
    const whole = await run(gpu, { ...base, ...recipe });
    for (const checkpoint of whole.checkpoints.filter((one) => [0, 3, 6, 9].includes(stepOf(one)))) {
      const rest = await run(gpu, { ...base, ...recipe }, checkpoint);
      expectSameTensors(last(rest), last(whole), `after step ${stepOf(checkpoint)}`);
      expect(rest.evaluations.at(-1)).toEqual(whole.evaluations.at(-1));
    }
    const data = dataOf(recipe);
    const plan = makePlan(parseRecipe({ ...base, ...recipe }), shapeOf(data), chooseTiling(gpu));
    const session = await openSession(gpu, plan);
    await session.prepare(["view", "evaluate"]);
    session.uploadTest(data.test);
    restoreForEvaluation(session, last(whole), "last");
    const [seen] = await evaluateTest(session);
    expect(seen?.loss).toBe(whole.evaluations.at(-1)?.test_loss);
    session.destroy();
  });

  test("members have the bits of solo runs, however submits are cut", async () => {
    const gpu = await gpuOf();
    const crowd = await run(gpu, { ...base, ...recipe, population: 2 });
    for (const m of [0, 1]) {
      const alone = await run(gpu, { ...base, ...recipe, seed: base.seed + m });
      expectSameTensors(last(crowd), last(alone), `member ${m}`, `member.${m}.`);
      const own = crowd.evaluations.filter(({ model }) => model === m).map(({ test_loss }) => test_loss);
      expect(own).toEqual(alone.evaluations.map(({ test_loss }) => test_loss));
    }
    const session = await startSession(gpu, { ...base, ...recipe }, dataOf(recipe));
    await session.prepare(["again", "between", "sync"]);
    await trainSteps(session, 0, base.steps, 3);
    const other = await startSession(gpu, { ...base, ...recipe }, dataOf(recipe));
    await other.prepare(["again", "between", "sync"]);
    await trainSteps(other, 0, base.steps, 1);
    for (const buffer of ["params", ...session.plan.kept.map(({ buffer }) => buffer)] as const) {
      expectSameBits(await session.read(buffer), await other.read(buffer), buffer);
    }
    session.destroy();
    other.destroy();
  });
});

test("members with betas of their own are each evaluated at their own average", async () => {
  const gpu = await gpuOf();
  const values = [0.5, 0.9];
  const optimizer = { name: "schedule_free_sgd" };
  const crowd = await run(gpu, { ...base, optimizer, vary: { key: "beta", values } });
  for (const [m, beta] of values.entries()) {
    const alone = await run(gpu, { ...base, optimizer: { ...optimizer, beta } as RecipeInput["optimizer"] });
    const own = crowd.evaluations.filter(({ model }) => model === m).map(({ test_loss }) => test_loss);
    expect(own).toEqual(alone.evaluations.map(({ test_loss }) => test_loss));
  }
});
