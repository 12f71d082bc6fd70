import { expect, test } from "vitest";
import { shuffledOrder } from "../../src/data/order.ts";
import { chooseTiling } from "../../src/gpu/tiling.ts";
import { readTensor } from "../../src/nn/tensors.ts";
import { chunksOf } from "../../src/train/chunks.ts";
import type { RecipeInput } from "../../src/train/recipe.ts";
import type { Session } from "../../src/train/session.ts";
import { expectClose, expectCloseToScale } from "../reference/close.ts";
import { type Network, networkStep, type Tensors } from "../reference/network.ts";
import { batchOf, syntheticDataset } from "../support/dataset.ts";
import { useGpu } from "../support/gpu.ts";
import { expectSameBits, startSession, trainSteps } from "../support/session.ts";

// Several batches make one step: the mean of their samples' gradients.

const gpuOf = useGpu();
const dataset = syntheticDataset({ train: 330, test: 20, width: 7, height: 5 });
const base = { hidden: [9, 6], seed: 5 } satisfies RecipeInput;
// Sums of f32 in any order, against a tensor's largest, as the golden first gradients.
const BOUND = 1e-5;

async function run(recipe: RecipeInput, steps: number, most = 3) {
  const session = await startSession(await gpuOf(), { ...base, ...recipe }, dataset);
  const losses = await trainSteps(session, 0, steps, most);
  const [params, running] = [await session.read("params"), await session.read("running")];
  session.destroy();
  return { plan: session.plan, losses, params, running };
}

test.each([
  { optimizer: { name: "momentum", lr: 0.05 } },
  { optimizer: { name: "adam" }, layer_norm: true, dropout: 0.2, label_smoothing: 0.1, clip_norm: 0.5 },
  { optimizer: { name: "sgd", lr: 0.1 }, population: 2, l1: 1e-3 },
] satisfies RecipeInput[])("%j: 4 batches of 25 are one of 100, to rounding", async (recipe) => {
  // The last step of an epoch has 30 samples: 25 and 5.
  const [parts, whole] = [
    await run({ ...recipe, batch_size: 25, accumulate: 4 }, 9),
    await run({ ...recipe, batch_size: 100 }, 9),
  ];
  expect(parts.losses).toHaveLength(9);
  expect(parts.plan.stepsPerEpoch).toBe(4);
  expect(parts.plan.steps).toBe(whole.plan.steps);
  expectClose(parts.losses.flat(), whole.losses.flat(), { relative: 1e-4 }, "losses");
  const { stride, tensors } = parts.plan.model.arena;
  for (const m of parts.plan.members.keys()) {
    for (const tensor of tensors) {
      const [got, expected] = [parts, whole].map(({ params }) => readTensor(params.subarray(m * stride), tensor));
      // Nine steps; Adam divides what differs in its last digits by a root of nearly nothing.
      expectCloseToScale(got ?? [], expected ?? [], 1e-4, `${tensor.name} of member ${m}`);
    }
  }
});

test("the samples are those of the big batch, in its order, and submits may part them", async () => {
  const recipe = { batch_size: 25, accumulate: 4 };
  const [{ plan, params }, whole] = [await run(recipe, 9), await run({ batch_size: 100 }, 1)];
  const samples = (of: Session["plan"]) =>
    [...chunksOf(of, 0, 4)].flatMap(({ position, rows, step }) =>
      Array.from({ length: rows }, (_, i) => [step, position + i]),
    );
  expect(samples(plan)).toEqual(samples(whole.plan));
  for (const most of [1, 4, 1000]) {
    expectSameBits((await run(recipe, 9, most)).params, params, `params at ${most} chunks a submit`);
  }
});

test("one batch is no accumulation", async () => {
  const [plain, one] = [await run({ batch_size: 100 }, 2), await run({ batch_size: 100, accumulate: 1 }, 2)];
  expectSameBits(one.params, plain.params, "params");
  expect(one.plan.stages).toEqual(plain.plan.stages);
});

test("activations are those of one batch", async () => {
  const size = (plan: Session["plan"], name: string) => plan.buffers[name]?.bytes;
  const [parts, single] = [await run({ batch_size: 100, accumulate: 3 }, 1), await run({ batch_size: 100 }, 1)];
  for (const name of ["fc1.y", "fc1.dy", "fc3.dy"]) expect(size(parts.plan, name)).toBe(size(single.plan, name));
  expect(parts.plan.chunkRows).toBe(100);
});

test("batch norm takes each batch by itself: its statistics, its gradient, and a step of the running ones", async () => {
  const gpu = await gpuOf();
  const LR = 0.1;
  const recipe: RecipeInput = {
    ...base,
    ...{ batch_size: 40, accumulate: 3, batch_norm: true, optimizer: { name: "sgd", lr: LR }, seed: 5 },
  };
  const session = await startSession(gpu, recipe, dataset, { ...chooseTiling(gpu), fusesUpdate: false });
  const { arena, running } = session.plan.model;
  const network: Network = { widths: [35, 9, 6, 10], activation: "relu", norm: "batch" };
  const statistics: Record<string, number[]> = {};
  for (const { name, columns } of running.tensors) {
    statistics[name] = new Array<number>(columns).fill(name.endsWith("mean") ? 0 : 1);
  }
  // Two steps of 120 samples, and one of 90: 40, 40, 10.
  for (const [step, batches] of [
    [0, [40, 40, 40]],
    [1, [40, 40, 40]],
    [2, [40, 40, 10]],
  ] as const) {
    const part = await session.read("params");
    const before: Tensors = Object.fromEntries(
      arena.tensors.map((tensor) => [tensor.name, Float64Array.from(readTensor(part, tensor))]),
    );
    const [[loss] = []] = await trainSteps(session, step, step + 1, 2);
    const samples = batches.reduce<number>((sum, rows) => sum + rows, 0);
    const mean: Record<string, number[]> = {};
    let expectedLoss = 0;
    let start = step * 120;
    for (const rows of batches) {
      const order = shuffledOrder(5, { count: 330, epoch: 0, start, length: rows });
      const { x, labels } = batchOf(dataset.train, order);
      const own = networkStep(network, before, x, labels);
      expectedLoss += (own.loss * rows) / samples;
      for (const [name, values] of Object.entries(own.gradients)) {
        mean[name] = [...values].map((value, i) => (mean[name]?.[i] ?? 0) + (value * rows) / samples);
      }
      for (const [name, values] of Object.entries(statistics)) {
        const batch = own.statistics[name.replace("running_", "")] as Float64Array;
        statistics[name] = values.map((value, i) => 0.9 * value + 0.1 * (batch[i] as number));
      }
      start += rows;
    }
    expectClose([loss ?? Number.NaN], [expectedLoss], { relative: BOUND }, `loss of step ${step}`);
    const [params, moved] = [await session.read("params"), await session.read("running")];
    for (const tensor of arena.tensors) {
      const expected = before[tensor.name]?.map((value, i) => value - LR * (mean[tensor.name]?.[i] as number));
      expectCloseToScale(readTensor(params, tensor), expected ?? [], BOUND, `${tensor.name} after step ${step}`);
    }
    for (const tensor of running.tensors) {
      const expected = statistics[tensor.name] ?? [];
      expectClose(readTensor(moved, tensor), expected, { absolute: 1e-5, relative: 1e-5 }, tensor.name);
    }
  }
  session.destroy();
});
