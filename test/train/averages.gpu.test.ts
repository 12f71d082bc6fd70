import { describe, expect, test } from "vitest";
import type { Safetensors } from "../../src/io/safetensors.ts";
import { readTensor } from "../../src/nn/tensors.ts";
import { averageRate } from "../../src/optim/averaging.ts";
import { chunksOf } from "../../src/train/chunks.ts";
import { parseRecipe, type RecipeInput } from "../../src/train/recipe.ts";
import { evaluateTest } from "../../src/train/submits.ts";
import { train } from "../../src/train/train.ts";
import { expectClose } from "../reference/close.ts";
import { networkStep, type Tensors } from "../reference/network.ts";
import { batchOf, syntheticDataset } from "../support/dataset.ts";
import { useGpu } from "../support/gpu.ts";
import { expectSameBits, startSession, trainSteps } from "../support/session.ts";

// Averages of the weights over the steps, and batch norm's statistics of weights that training does not go on with.

const gpuOf = useGpu();
const dataset = syntheticDataset({ train: 330, test: 50, width: 9, height: 7 });
const base = { hidden: [10, 7], batch_size: 50, epochs: 2, seed: 5, optimizer: { name: "momentum", lr: 0.1 } };
const AVERAGED = ["again", "between", "sync", "average", "view", "statistics", "evaluate"] as const;

async function startOf(recipe: RecipeInput) {
  const session = await startSession(await gpuOf(), { ...base, ...recipe } as RecipeInput, dataset);
  await session.prepare(AVERAGED);
  session.uploadTest(dataset.test);
  return session;
}

describe.each([{ ema: { decay: 0.8, warmup: false } }, { ema: { decay: 0.95 } }, { swa: { start: 0.4, every: 2 } }])(
  "%j",
  (recipe: RecipeInput) => {
    test("the average is that of the parameters after each step, and is what is evaluated", async () => {
      const session = await startOf(recipe);
      const { plan } = session;
      const averages = plan.members[0]?.averages ?? {};
      let expected = Float64Array.from(await session.read("params"));
      for (let t = 1; t <= 9; t++) {
        await trainSteps(session, t - 1, t);
        const params = await session.read("params");
        const rate = averageRate(averages, t, plan);
        expected = expected.map((x, i) =>
          rate === 1 ? (params[i] as number) : x + rate * ((params[i] as number) - x),
        );
      }
      const [seen] = await evaluateTest(session);
      // A rounding a step, of values up to 1.
      const average = await session.read("average");
      expectClose(average, expected, { absolute: 1e-6 }, "average");
      const other = await startOf({});
      other.write("params", average);
      expect((await evaluateTest(other))[0]).toEqual(seen);
      other.write("params", await session.read("params"));
      expect((await evaluateTest(other))[0]?.loss).not.toBe(seen?.loss);
      other.destroy();
      session.destroy();
    });

    test("training itself stays as it is", async () => {
      const [session, plain] = [await startOf(recipe), await startOf({})];
      const losses = await trainSteps(session, 0, 9, 4);
      expect(losses).toEqual(await trainSteps(plain, 0, 9, 4));
      expectSameBits(await session.read("params"), await plain.read("params"), "params");
      session.destroy();
      plain.destroy();
    });
  },
);

test("before the first point, the parameters are evaluated", async () => {
  const [session, plain] = [await startOf({ swa: {} }), await startOf({})];
  for (const [from, to] of [
    [0, 0],
    [0, 3],
  ] as const) {
    await trainSteps(session, from, to);
    await trainSteps(plain, from, to);
    expect(await evaluateTest(session)).toEqual(await evaluateTest(plain));
  }
  session.destroy();
  plain.destroy();
});

test("members of a population have their own decay, and equal their runs alone", async () => {
  const values = [0.5, 0.9, 0.99];
  const ema = { decay: 0.5, warmup: false };
  const session = await startOf({ ema, vary: { key: "ema.decay", values } });
  await trainSteps(session, 0, 9, 3);
  const [seen, average] = [await evaluateTest(session), await session.read("average")];
  const { stride } = session.plan.model.arena;
  for (const [m, decay] of values.entries()) {
    const alone = await startOf({ ema: { ...ema, decay } });
    await trainSteps(alone, 0, 9);
    expect((await evaluateTest(alone))[0]).toEqual(seen[m]);
    expectSameBits(average.subarray(m * stride, (m + 1) * stride), await alone.read("average"), `member ${m}`);
    alone.destroy();
  }
  session.destroy();
});

describe.each([
  { ema: { decay: 0.9 } },
  { swa: { start: 0.4, every: 2 } },
  { lookahead: { k: 2 } },
  { optimizer: { name: "schedule_free_sgd", lr: 0.5 } },
  { ema: { decay: 0.9 }, population: 2, dropout: 0.3, activation: "silu" },
] as RecipeInput[])("batch norm with %j", (recipe: RecipeInput) => {
  test("is evaluated by statistics of the evaluated weights over training samples", async () => {
    const session = await startOf({ batch_norm: true, ...recipe });
    const { plan } = session;
    await trainSteps(session, 0, 9, 3);
    const running = await session.read("running");
    expect(session.statisticsDue).toBe(6);
    await evaluateTest(session);
    expect(session.statisticsDue).toBe(0);
    const statistics = await session.read("seen_running");
    const weights = recipe.lookahead ? "slow" : recipe.optimizer ? undefined : "average";
    if (weights) {
      const last = plan.members.length - 1;
      const part = (await session.read(weights)).subarray(last * plan.model.arena.stride);
      const tensors = Object.fromEntries(
        plan.model.arena.tensors.map((tensor) => [tensor.name, Float64Array.from(readTensor(part, tensor))]),
      );
      const expected = referenceStatistics(tensors, plan.recipe.activation as "relu");
      for (const tensor of plan.model.running.tensors) {
        const got = readTensor(statistics.subarray(last * plan.model.running.stride), tensor);
        const bound = { absolute: 3e-6, relative: 3e-6 }; // as a batch's statistics in network.gpu.test.ts
        expectClose(got, expected[tensor.name] ?? [], bound, tensor.name);
      }
    }
    expectSameBits(await session.read("running"), running, "those of the weights that training goes on with");
    expect(statistics).not.toEqual(running);
    await trainSteps(session, 9, 10);
    expect(session.statisticsDue).toBe(6);
    session.destroy();
  });
});

/** The mean over 6 batches of 50, spread over the 330 training samples, of each batch's statistics. */
function referenceStatistics(tensors: Tensors, activation: "relu"): Tensors {
  const [batches, rows] = [6, 50];
  const network = { widths: [63, 10, 7, 10], activation, smoothing: 0, norm: "batch" as const };
  const sums: Tensors = {};
  for (let batch = 0; batch < batches; batch++) {
    const order = Array.from({ length: rows }, (_, i) => Math.floor(((batch * rows + i) * 330) / (batches * rows)));
    const { x, labels } = batchOf(dataset.train, order);
    for (const [name, values] of Object.entries(networkStep(network, tensors, x, labels).statistics)) {
      const own = name.replace(".", ".running_");
      sums[own] = values.map((value, i) => (sums[own]?.[i] ?? 0) + value / batches);
    }
  }
  return sums;
}

test("a run that goes on from a checkpoint ends like one without a stop", async () => {
  for (const extra of [{ swa: { start: 0.2, every: 3 } }, { ema: {} }] satisfies RecipeInput[]) {
    const recipe = { ...base, batch_norm: true, ...extra } as RecipeInput;
    const saved: Safetensors[] = [];
    const onCheckpoint = (checkpoint: Safetensors) => void saved.push(checkpoint);
    const results = async (resume?: Safetensors) => {
      const resumeFrom = resume && { file: "checkpoint", contents: resume };
      const options = { adapter: await gpuOf(), dataset, onCheckpoint, ...(resumeFrom && { resumeFrom }) };
      for await (const event of train(recipe, { ...options, checkpointEvery: 4 })) {
        if (event.event === "done") return event.models;
      }
      return [];
    };
    const expected = await results();
    const last = saved.at(-1);
    expect([...(last?.tensors.keys() ?? [])]).toContain("optim.average.fc1.weight");
    expect(saved.length).toBeGreaterThan(2);
    for (const checkpoint of saved.slice(0, -1)) {
      expect(await results(checkpoint)).toEqual(expected);
      expect(saved.at(-1)?.tensors).toEqual(last?.tensors);
    }
  }
});

test("the second gradient of sam does not move running statistics again", async () => {
  // The first gradient of both is at the same parameters.
  const [sam, plain] = [await startOf({ batch_norm: true, sam: { rho: 0.5 } }), await startOf({ batch_norm: true })];
  await sam.train([...chunksOf(sam.plan, 0, 1)]);
  await plain.train([...chunksOf(plain.plan, 0, 1)]);
  expectSameBits(await sam.read("running"), await plain.read("running"), "running statistics");
  sam.destroy();
  plain.destroy();
});

test.each([
  [{ ema: { decay: 1 } }, "ema.decay: must be at least 0 and below 1"],
  [{ swa: { start: 1 } }, "swa.start: must be at least 0 and below 1"],
  [{ ema: { decy: 0.9 } }, 'ema: unknown field "decy" (did you mean "decay"?)'],
  [{ ema: {}, swa: {} }, "swa: ema also brings the weights that are evaluated: leave one of the two out"],
  [{ ema: {}, lookahead: {} }, "ema: lookahead also brings the weights that are evaluated"],
  [{ ema: {}, optimizer: { name: "schedule_free_sgd" } }, "ema: schedule_free_sgd has weights of its own"],
])("%j is refused", (recipe, message) => {
  expect(() => parseRecipe(recipe)).toThrow(message);
});

test("a run without a point to average is refused", async () => {
  await expect(startOf({ swa: { every: 10 }, steps: 9 })).rejects.toThrow("swa: a run of 9 steps has no point");
});
