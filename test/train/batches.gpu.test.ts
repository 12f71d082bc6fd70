import { describe, expect, test } from "vitest";
import { shuffledOrder } from "../../src/data/order.ts";
import type { Gpu } from "../../src/gpu/device.ts";
import { chooseTiling, plainTiling, type Tiling } from "../../src/gpu/tiling.ts";
import { readTensor } from "../../src/nn/tensors.ts";
import { chunksOf } from "../../src/train/chunks.ts";
import type { Session } from "../../src/train/session.ts";
import { expectClose, expectCloseToScale } from "../reference/close.ts";
import { type Layer, mlpStep } from "../reference/mlp.ts";
import { batchOf, syntheticDataset } from "../support/dataset.ts";
import { useGpu } from "../support/gpu.ts";
import { expectSameBits, startSession, trainSteps } from "../support/session.ts";

const gpuOf = useGpu();

const LR = 0.1;
// As the golden first gradients: sums of f32 in any order, measured against the tensor's largest.
const GRADIENT_BOUND = 1e-5;
const LOSS_BOUND = { relative: 1e-5 };

const tilingsOf = (gpu: Gpu): Tiling[] => [...new Set([plainTiling, chooseTiling(gpu)])];
/** With the update as a kernel of its own, and as the end of the gradients' kernels. */
const withBothUpdates = (tilings: readonly Tiling[]): Tiling[] =>
  tilings.flatMap((tiling) => [true, false].map((fusesUpdate) => ({ ...tiling, fusesUpdate })));

/** A member's part of an arena as the reference's layers. */
function layersOf({ plan }: Session, arena: Float32Array): Layer[] {
  return plan.model.layers.map(({ inputs, outputs, weight, bias }) => ({
    inputs,
    outputs,
    weight: Float64Array.from(readTensor(arena, weight)),
    bias: Float64Array.from(readTensor(arena, bias)),
  }));
}

describe("one step equals the reference in f64: loss, hits, gradients, new parameters", () => {
  test.each([
    { what: "batch 1", hidden: [16], batch_size: 1, step: 2, rows: 1 },
    { what: "a batch of the data's middle", hidden: [16, 8], batch_size: 100, step: 1, rows: 100 },
    { what: "a last, smaller batch", hidden: [16, 8], batch_size: 100, step: 3, rows: 30 },
    { what: "the next epoch's first batch", hidden: [16, 8], batch_size: 100, step: 4, rows: 100 },
    { what: "no hidden layer: softmax regression", hidden: [], batch_size: 100, step: 0, rows: 100 },
    { what: "odd widths", hidden: [63, 5], batch_size: 65, step: 0, rows: 65 },
    { what: "the main network", hidden: [128, 64], batch_size: 100, step: 0, rows: 100 },
    { what: "odd images", hidden: [7], batch_size: 50, step: 0, rows: 50, width: 7, height: 9 },
    { what: "all samples at once", hidden: [16], batch_size: "full", step: 0, rows: 2500, train: 2500 },
    { what: "a last batch of fewer chunks", hidden: [4], batch_size: 1500, step: 1, rows: 1000, train: 2500 },
  ] as const)("$what", async ({ step, rows, hidden, batch_size, ...size }) => {
    const gpu = await gpuOf();
    const dataset = syntheticDataset({ train: 330, test: 10, ...size });
    const recipe = { hidden: [...hidden], batch_size, seed: 3, optimizer: { name: "sgd", lr: LR } };
    for (const tiling of withBothUpdates(tilingsOf(gpu))) {
      const session = await startSession(gpu, recipe, dataset, tiling);
      const before = layersOf(session, await session.read("params"));
      const [[loss] = []] = await trainSteps(session, step, step + 1, 2);

      const { plan } = session;
      const [start] = chunksOf(plan, step, step + 1);
      const range = {
        count: plan.data.trainCount,
        epoch: start?.epoch ?? 0,
        start: start?.position ?? 0,
        length: rows,
      };
      const { x, labels } = batchOf(dataset.train, shuffledOrder(recipe.seed, range));
      expect(start?.batch).toBe(rows);
      const expected = mlpStep(before, x, labels);
      expectClose([loss ?? Number.NaN], [expected.mean], LOSS_BOUND, "loss");
      // Where the update is the end of the gradients' kernels, they never lie in memory.
      const grads = plan.buffers.grads && layersOf(session, await session.read("grads"));
      const after = layersOf(session, await session.read("params"));
      expected.gradients.forEach((layer, l) => {
        for (const tensor of ["weight", "bias"] as const) {
          const what = `${tiling.name}${grads ? "" : ", update fused,"} fc${l + 1}.${tensor}`;
          if (grads) expectCloseToScale(grads[l]?.[tensor] ?? [], layer[tensor], GRADIENT_BOUND, `gradient of ${what}`);
          const moved = before[l]?.[tensor].map((value, i) => value - LR * (layer[tensor][i] as number)) ?? [];
          expectCloseToScale(after[l]?.[tensor] ?? [], moved, GRADIENT_BOUND, what);
        }
      });
      session.destroy();
    }
  });
});

describe("how work is cut into submits does not change a bit", () => {
  test.each([
    { what: "steps", batch_size: 30, steps: 25, train: 330 },
    { what: "chunks of a step", batch_size: "full", steps: 3, train: 2500 },
  ] as const)("$what", async ({ batch_size, steps, train }) => {
    const gpu = await gpuOf();
    const dataset = syntheticDataset({ train, test: 10 });
    const runs = await Promise.all(
      [1, 2, 7, 1000].map(async (most) => {
        const session = await startSession(gpu, { hidden: [8], batch_size, seed: 1 }, dataset);
        const losses = await trainSteps(session, 0, steps, most);
        const [params, state] = [await session.read("params"), await session.read("state")];
        session.destroy();
        return { most, losses, params, state };
      }),
    );
    const [single, ...others] = runs as [(typeof runs)[number]];
    expect(single.losses).toHaveLength(steps);
    for (const { most, losses, params, state } of others) {
      expect(losses).toEqual(single.losses);
      expectSameBits(params, single.params, `params at ${most} chunks a submit`);
      expectSameBits(state, single.state, `state at ${most} chunks a submit`);
    }
  });

  test("nor does it that the next submit comes before the last one is done", async () => {
    const gpu = await gpuOf();
    const dataset = syntheticDataset({ train: 330, test: 10 });
    const recipe = { hidden: [8], batch_size: 30, seed: 1 };
    const waiting = await startSession(gpu, recipe, dataset);
    const losses = await trainSteps(waiting, 0, 22, 1);
    const flying = await startSession(gpu, recipe, dataset);
    const chunks = [...chunksOf(flying.plan, 0, 22)];
    const submits = [chunks.slice(0, 5), chunks.slice(5, 11), chunks.slice(11, 12), chunks.slice(12)];
    const results = await Promise.all(submits.map((chunks) => flying.train(chunks)));
    expect(results.flatMap(({ metrics }) => metrics.map((members) => members.map(({ loss }) => loss)))).toEqual(losses);
    expectSameBits(await flying.read("params"), await waiting.read("params"), "params");
    waiting.destroy();
    flying.destroy();
  });
});

test("a given order trains as the shuffle that gives the same", async () => {
  const gpu = await gpuOf();
  const dataset = syntheticDataset({ train: 330, test: 10 });
  const recipe = { hidden: [8], batch_size: 100, seed: 9 };
  const own = await startSession(gpu, recipe, dataset);
  const losses = await trainSteps(own, 0, 4, 3);
  const given = await startSession(gpu, recipe, dataset);
  const order = shuffledOrder(9, { count: 330, epoch: 0 });
  const chunks = [...chunksOf(given.plan, 0, 4)];
  const { metrics } = await given.train(chunks.slice(0, 3), order.subarray(0, 300));
  const last = await given.train(chunks.slice(3), order.subarray(300));
  expect([...metrics, ...last.metrics].map((members) => members.map(({ loss }) => loss))).toEqual(losses);
  expectSameBits(await given.read("params"), await own.read("params"), "params");
  own.destroy();
  given.destroy();
});
