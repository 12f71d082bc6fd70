import { describe, expect, test } from "vitest";
import { files } from "#platform";
import { loadDataset } from "../../src/data/dataset.ts";
import { chooseTiling } from "../../src/gpu/tiling.ts";
import type { Safetensors } from "../../src/io/safetensors.ts";
import { readTensor } from "../../src/nn/tensors.ts";
import { startFrom } from "../../src/train/checkpoint.ts";
import { chunksOf } from "../../src/train/chunks.ts";
import { makePlan } from "../../src/train/plan.ts";
import { parseRecipe, type RecipeInput } from "../../src/train/recipe.ts";
import { openSession } from "../../src/train/session.ts";
import { shapeOf, train } from "../../src/train/train.ts";
import { expectClose, expectCloseToScale } from "../reference/close.ts";
import { type GoldenRun, mnistFolder, readGoldenRuns, readGoldenTensors, readGoldenU32 } from "../support/golden.ts";
import { useGpu } from "../support/gpu.ts";

// A 784-64-32-10 network with batch norm on MNIST as PyTorch trained it in float64: same start, same batches.
const gpuOf = useGpu();
const FOLDER = "mlp_batch_norm";
const dataset = await loadDataset(mnistFolder, files);
const initFrom = { file: "init.safetensors", contents: await readGoldenTensors(`${FOLDER}/init.safetensors`) };
const order = await readGoldenU32(`${FOLDER}/order.u32`);
const runs = await readGoldenRuns(FOLDER);

// float32 runs in 16 other orders of summation stayed within 1e-5 of these losses.
const lossBound = (golden: number) => 1e-4 * (1 + golden);

function recipeOf({ downhill, schedule, warmup, label_smoothing, clip_norm, losses }: GoldenRun): RecipeInput {
  return {
    hidden: [64, 32],
    batch_norm: true,
    batch_size: 50,
    optimizer: downhill,
    steps: losses.length,
    ...(schedule !== undefined && { schedule: { name: schedule, ...(warmup !== undefined && { warmup }) } }),
    ...(label_smoothing !== undefined && { label_smoothing }),
    ...(clip_norm !== undefined && { clip_norm }),
  };
}

describe("golden/mlp_batch_norm", () => {
  test("first gradients", async () => {
    const gpu = await gpuOf();
    // They are of the first run's loss, whose labels are smoothed, before clipping.
    const { label_smoothing } = runs[0] as GoldenRun;
    const network = { hidden: [64, 32], batch_norm: true, batch_size: 50, label_smoothing };
    const recipe = parseRecipe({ ...network, optimizer: { name: "sgd" }, steps: 1 });
    const session = await openSession(gpu, makePlan(recipe, shapeOf(dataset), chooseTiling(gpu)));
    await session.prepare(["init", "shuffle", "chunk", "update"]);
    session.uploadTrain(dataset.train);
    session.initialise();
    startFrom(session, initFrom.contents, initFrom.file);
    await session.train([...chunksOf(session.plan, 0, 1)], order.subarray(0, 50));
    const grads = await session.read("grads");
    const golden = await readGoldenTensors(`${FOLDER}/grads.safetensors`);
    for (const tensor of session.plan.model.arena.tensors) {
      const expected = golden.tensors.get(tensor.name)?.data as Float32Array;
      const got = readTensor(grads, tensor);
      // Batch norm takes away what a bias in front of it adds.
      if (["fc1.bias", "fc2.bias"].includes(tensor.name)) expectClose(got, expected, { absolute: 1e-6 }, tensor.name);
      else expectCloseToScale(got, expected, 1e-5, tensor.name);
    }
    session.destroy();
  });

  test.each(runs)("60 losses and the end of $downhill.name", async (run) => {
    const { losses, test_accuracy, test_loss, final } = run;
    const got: number[] = [];
    let [accuracy, loss] = [Number.NaN, Number.NaN];
    let checkpoint: Safetensors | undefined;
    const onCheckpoint = (saved: Safetensors) => {
      checkpoint = saved;
    };
    const options = { adapter: await gpuOf(), dataset, initFrom, order, logEvery: 1, onCheckpoint };
    for await (const event of train(recipeOf(run), options)) {
      if (event.event === "step") got.push(event.loss);
      if (event.event === "eval") [accuracy, loss] = [event.test_accuracy ?? Number.NaN, event.test_loss];
    }
    expect(got).toHaveLength(60);
    const used = got.map((value, i) => Math.abs(value - (losses[i] ?? 0)) / lossBound(losses[i] ?? 0));
    expect(Math.max(...used)).toBeLessThanOrEqual(1);
    // A digit whose two largest logits are equal to rounding may go either way.
    expect(Math.abs(accuracy - test_accuracy)).toBeLessThanOrEqual(2 / 10_000);
    expect(Math.abs(loss - test_loss)).toBeLessThanOrEqual(lossBound(test_loss));
    for (const [name, { sum, l2 }] of Object.entries(final)) {
      const values = Array.from((checkpoint as Safetensors).tensors.get(name)?.data as Float32Array);
      // A bias in front of batch norm has nothing but rounding for a gradient, which AdamW makes steps of; the running mean
      // holds that bias. Their sums came to within 3e-4 of these, the norms to within 5e-5.
      expectClose([Math.hypot(...values)], [l2], { relative: 1e-4 }, `norm of ${name}`);
      expectClose(
        [values.reduce((total, value) => total + value, 0)],
        [sum],
        { absolute: 1e-3 * l2 },
        `sum of ${name}`,
      );
    }
  });
});
