import { describe, expect, test } from "vitest";
import { files } from "#platform";
import { loadDataset } from "../../src/data/dataset.ts";
import { chooseTiling } from "../../src/gpu/tiling.ts";
import type { StepEvent } from "../../src/io/runLog.ts";
import { readTensor } from "../../src/nn/tensors.ts";
import { startFrom } from "../../src/train/checkpoint.ts";
import { chunksOf } from "../../src/train/chunks.ts";
import { makePlan } from "../../src/train/plan.ts";
import { parseRecipe } from "../../src/train/recipe.ts";
import { openSession } from "../../src/train/session.ts";
import { shapeOf, train } from "../../src/train/train.ts";
import { expectCloseToScale } from "../reference/close.ts";
import { mnistFolder, readGoldenRuns, readGoldenTensors, readGoldenU32 } from "../support/golden.ts";
import { useGpu } from "../support/gpu.ts";

// The 784-128-64-10 network on MNIST as PyTorch trained it in float64: same start, same batches.
const gpuOf = useGpu();
const dataset = await loadDataset(mnistFolder, files);
const initFrom = { file: "init.safetensors", contents: await readGoldenTensors("mlp/init.safetensors") };
const order = await readGoldenU32("mlp/order.u32");
const runs = await readGoldenRuns("mlp");

// float32 runs in 16 other orders of summation stayed within 1e-5 of these losses.
const lossBound = (golden: number) => 1e-4 * (1 + golden);

/** The largest difference as a share of what is allowed. */
const shareOfBound = (got: readonly number[], golden: readonly number[]) =>
  Math.max(...golden.map((loss, i) => Math.abs((got[i] ?? Number.NaN) - loss) / lossBound(loss)));

describe("golden/mlp", () => {
  test("first gradients", async () => {
    const gpu = await gpuOf();
    // Where the update is the end of the gradients' kernels, they never lie in memory.
    const tiling = { ...chooseTiling(gpu), fusesUpdate: false };
    const plan = makePlan(parseRecipe({ optimizer: { name: "sgd" }, steps: 1 }), shapeOf(dataset), tiling);
    const session = await openSession(gpu, plan);
    await session.prepare(["init", "shuffle", "chunk", "update"]);
    session.uploadTrain(dataset.train);
    session.initialise();
    startFrom(session, initFrom.contents, initFrom.file);
    await session.train([...chunksOf(plan, 0, 1)], order.subarray(0, 100));
    const grads = await session.read("grads");
    const golden = await readGoldenTensors("mlp/grads.safetensors");
    for (const tensor of plan.model.arena.tensors) {
      const expected = golden.tensors.get(tensor.name)?.data as Float32Array;
      expectCloseToScale(readTensor(grads, tensor), expected, 1e-5, tensor.name);
    }
    session.destroy();
  });

  test.each(runs)("100 losses of $downhill.name", async ({ downhill, losses, test_accuracy, test_loss }) => {
    const steps: StepEvent[] = [];
    let accuracy = Number.NaN;
    let loss = Number.NaN;
    const recipe = { optimizer: downhill, steps: losses.length };
    for await (const event of train(recipe, { adapter: await gpuOf(), dataset, initFrom, order, logEvery: 1 })) {
      if (event.event === "step") steps.push(event);
      if (event.event === "eval") [accuracy, loss] = [event.test_accuracy ?? Number.NaN, event.test_loss];
    }
    expect(steps.map(({ step }) => step)).toEqual(losses.map((_, i) => i + 1));
    const got = steps.map((event) => event.loss);
    expect(shareOfBound(got, losses)).toBeLessThanOrEqual(1);
    // The comparison is one: a copy with any loss off by twice the bound is caught.
    for (const i of [0, 50, losses.length - 1]) {
      const tampered = losses.with(i, (losses[i] ?? 0) + 2 * lossBound(losses[i] ?? 0));
      expect(shareOfBound(got, tampered)).toBeGreaterThan(1);
    }
    // A digit whose two largest logits are equal to rounding may go either way.
    expect(Math.abs(accuracy - test_accuracy)).toBeLessThanOrEqual(2 / 10_000);
    expect(Math.abs(loss - test_loss)).toBeLessThanOrEqual(lossBound(test_loss));
  });
});
