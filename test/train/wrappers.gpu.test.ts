import { expect, test } from "vitest";
import { shuffledOrder } from "../../src/data/order.ts";
import { plainTiling } from "../../src/gpu/tiling.ts";
import { type Arena, readTensor, type Tensor } from "../../src/nn/tensors.ts";
import { parseRecipe, type RecipeInput } from "../../src/train/recipe.ts";
import type { Session } from "../../src/train/session.ts";
import { evaluateTest } from "../../src/train/submits.ts";
import { expectClose, expectCloseToScale } from "../reference/close.ts";
import { type Layer, mlpStep } from "../reference/mlp.ts";
import { batchOf, syntheticDataset } from "../support/dataset.ts";
import { useGpu } from "../support/gpu.ts";
import { expectSameBits, startSession, trainSteps } from "../support/session.ts";

// What stands around an optimizer, against the mathematics in f64.

const gpuOf = useGpu();
const dataset = syntheticDataset({ train: 330, test: 50, width: 9, height: 7 });
const base = { hidden: [10, 7], batch_size: 100, seed: 5 } satisfies RecipeInput;
const LR = 0.1;
// Sums of f32 in any order, against a tensor's largest, as the golden first gradients.
const BOUND = 1e-5;

const tensorsOf = ({ tensors }: Arena, part: Float32Array) =>
  Object.fromEntries(tensors.map((tensor) => [tensor.name, readTensor(part, tensor)]));

async function startOf(recipe: RecipeInput): Promise<Session> {
  const session = await startSession(await gpuOf(), { ...base, ...recipe }, dataset);
  await session.prepare(["again", "between", "sync", "view", "evaluate"]);
  session.uploadTest(dataset.test);
  return session;
}

function layersOf({ plan }: Session, part: Float32Array): Layer[] {
  const values = (tensor: Tensor) => Float64Array.from(readTensor(part, tensor));
  return plan.model.layers.map(({ inputs, outputs, weight, bias }) => {
    return { inputs, outputs, weight: values(weight), bias: values(bias) };
  });
}

const moved = (layers: readonly Layer[], by: readonly Layer[], factor: number): Layer[] =>
  layers.map((layer, l) => ({
    ...layer,
    weight: layer.weight.map((x, i) => x + factor * (by[l]?.weight[i] as number)),
    bias: layer.bias.map((x, i) => x + factor * (by[l]?.bias[i] as number)),
  }));

test.each([[100], ["full"]] as const)(
  "sam in batches of %s: the step is along the gradient at x + rho g / |g|",
  async (batch_size) => {
    const rho = 0.5;
    const session = await startOf({ batch_size, optimizer: { name: "sgd", lr: LR }, sam: { rho } });
    const before = layersOf(session, await session.read("params"));
    const [[loss] = []] = await trainSteps(session, 0, 1, 1);
    const length = session.plan.batch;
    const { x, labels } = batchOf(dataset.train, shuffledOrder(base.seed, { count: 330, epoch: 0, start: 0, length }));
    const first = mlpStep(before, x, labels);
    const norm = Math.hypot(
      ...first.gradients.flatMap(({ weight, bias }) => [Math.hypot(...weight), Math.hypot(...bias)]),
    );
    const second = mlpStep(moved(before, first.gradients, rho / norm), x, labels);
    expectClose([loss ?? Number.NaN], [first.mean], { relative: BOUND }, "loss");
    const after = layersOf(session, await session.read("params"));
    moved(before, second.gradients, -LR).forEach((expected, l) => {
      for (const tensor of ["weight", "bias"] as const) {
        expectCloseToScale(after[l]?.[tensor] ?? [], expected[tensor], BOUND, `fc${l + 1}.${tensor}`);
      }
    });
    session.destroy();
  },
);

test("lookahead goes alpha of the way to the fast weights every k steps, and evaluates the slow ones", async () => {
  const optimizer = { name: "momentum", lr: LR };
  const [plain, slow] = [await startOf({ optimizer }), await startOf({ optimizer, lookahead: { k: 3, alpha: 0.25 } })];
  const start = await plain.read("params");
  const [{ loss: atStart } = { loss: Number.NaN }] = await evaluateTest(plain);
  await trainSteps(plain, 0, 3);
  await trainSteps(slow, 0, 2);
  expect((await evaluateTest(slow))[0]?.loss).toBe(atStart);
  await trainSteps(slow, 2, 3);
  const fast = await plain.read("params");
  const expected = Float64Array.from(start, (x, i) => x + 0.25 * ((fast[i] as number) - x));
  expectClose(await slow.read("params"), expected, { absolute: 1e-7, relative: 1e-6 }, "params");
  expectSameBits(await slow.read("params"), await slow.read("slow"), "slow");
  expectSameBits(await slow.read("state"), await plain.read("state"), "the optimizer's state");
  plain.destroy();
  slow.destroy();
});

test("before the first step, slow weights and averages are the parameters", async () => {
  const [plain, ...others] = await Promise.all([
    startOf({}),
    startOf({ lookahead: {} }),
    startOf({ optimizer: { name: "schedule_free_sgd" } }),
  ]);
  const [expected] = await evaluateTest(plain as Session);
  for (const session of others) {
    expectClose([(await evaluateTest(session))[0]?.loss ?? 0], [expected?.loss ?? 1], { relative: 1e-6 }, "loss");
    session.destroy();
  }
  plain?.destroy();
});

test("a schedule-free optimizer is evaluated at its average", async () => {
  const session = await startOf({ optimizer: { name: "schedule_free_sgd", lr: 0.5, beta: 0.6 } });
  await trainSteps(session, 0, 8, 3);
  const [seen] = await evaluateTest(session);
  const [y, z] = [await session.read("params"), await session.read("state")];
  const average = Float32Array.from(y, (value, i) => (value - 0.4 * (z[i] as number)) / 0.6);
  const other = await startOf({ optimizer: { name: "sgd" } });
  other.write("params", average);
  const [expected] = await evaluateTest(other);
  other.write("params", y);
  const [elsewhere] = await evaluateTest(other);
  expectClose([seen?.loss ?? 0], [expected?.loss ?? 1], { relative: 1e-5 }, "loss");
  expect(Math.abs((elsewhere?.loss ?? 0) - (expected?.loss ?? 0))).toBeGreaterThan(1e-4);
  session.destroy();
  other.destroy();
});

test("asgd is evaluated at its average from its start on", async () => {
  const session = await startOf({ optimizer: { name: "asgd", lr: 0.3, t0: 2 } });
  const lossOf = async (params: Float32Array<ArrayBuffer>) => {
    const other = await startOf({ optimizer: { name: "sgd" } });
    other.write("params", params);
    const [seen] = await evaluateTest(other);
    other.destroy();
    return seen;
  };
  await trainSteps(session, 0, 3);
  expect((await evaluateTest(session))[0]).toEqual(await lossOf(await session.read("params")));
  await trainSteps(session, 3, 8);
  const seen = (await evaluateTest(session))[0];
  expect(seen).toEqual(await lossOf(await session.read("state")));
  expect(seen?.loss).not.toBe((await lossOf(await session.read("params")))?.loss);
  session.destroy();
});

test.each(["sgd", "adamw", "lion", "lars", "adafactor", "muon", "soap"])(
  "%s: decay of weights spares biases alone",
  async (name) => {
    const run = async (recipe: RecipeInput, weight_decay: number) => {
      const optimizer = { name, lr: 0.01, weight_decay } as RecipeInput["optimizer"];
      const session = await startSession(await gpuOf(), { ...base, ...recipe, optimizer }, dataset, plainTiling);
      await trainSteps(session, 0, name === "soap" ? 2 : 1); // soap's first step moves nothing
      const tensors = tensorsOf(session.plan.model.arena, await session.read("params"));
      session.destroy();
      return tensors;
    };
    const [spared, all, none] = [await run({ decay: "weights" }, 0.5), await run({}, 0.5), await run({}, 0)];
    for (const [tensor, values] of Object.entries(spared)) {
      const isBias = tensor.endsWith(".bias");
      // Two kernels for one formula may contract it differently.
      expectClose(values, (isBias ? none : all)[tensor] ?? [], { absolute: 1e-7, relative: 1e-6 }, tensor);
      expect(all[tensor]).not.toEqual(none[tensor]);
    }
  },
);

test.each([
  [{ decay: "biases" }, "decay: must be one of all, weights"],
  [{ lookahead: { k: 0 } }, "lookahead.k: "],
  [{ lookahead: { alpha: 2 } }, "lookahead.alpha: "],
  [{ lookahead: { kk: 5 } }, 'unknown field "kk"'],
  [{ sam: { rho: 0 } }, "sam.rho: "],
  [
    { optimizer: { name: "schedule_free_sgd" }, lookahead: {} },
    "lookahead: schedule_free_sgd has weights of its own for evaluation: leave one of the two out",
  ],
])("%j is refused", (recipe, message) => {
  expect(() => parseRecipe(recipe)).toThrow(message);
});
