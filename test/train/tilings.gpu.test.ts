import { expect, test } from "vitest";
import type { Gpu } from "../../src/gpu/device.ts";
import { chooseTiling, plainTiling, type Tiling } from "../../src/gpu/tiling.ts";
import { workgroupTilings } from "../../src/gpu/workgroupTiling.ts";
import type { RecipeInput } from "../../src/train/recipe.ts";
import { expectClose } from "../reference/close.ts";
import { syntheticDataset } from "../support/dataset.ts";
import { useGpu } from "../support/gpu.ts";
import { startSession, trainSteps } from "../support/session.ts";

// Whole steps agree whatever the family of matrix kernels, but for the rounding of sums in another order.

const gpuOf = useGpu();

// 10 x 10 pixels; the third step of an epoch has 7 samples of 24, fewer than a tile's rows may be.
const dataset = syntheticDataset({ train: 55, test: 10, width: 10, height: 10 });
const recipe = {
  hidden: [18],
  batch_size: 24,
  steps: 4,
  population: 2,
  optimizer: { name: "sgd", lr: 0.1 },
} satisfies RecipeInput;

async function lossesOf(gpu: Gpu, tiling: Tiling): Promise<number[][]> {
  const session = await startSession(gpu, recipe, dataset, tiling);
  try {
    return await trainSteps(session, 0, 4);
  } finally {
    session.destroy();
  }
}

// One of the families for GPUs: they have the same shaders, and a software adapter takes a second to compile each kernel.
test.each([
  ["this adapter's own", (gpu: Gpu) => chooseTiling(gpu)],
  ["workgroup-10x16", (gpu: Gpu) => workgroupTilings(gpu.device.limits)[0] as Tiling],
])("%s family trains as the portable one does", async (_, pick) => {
  const gpu = await gpuOf();
  const expected = await lossesOf(gpu, plainTiling);
  const got = await lossesOf(gpu, pick(gpu));
  expect(got).toHaveLength(4);
  // Sums of 100 products in f32 round by some 1e-7 of their scale; three updates carry it on, and lr is small.
  expectClose(got.flat(), expected.flat(), { relative: 2e-6 }, "loss");
});
