import { describe, expect, test } from "vitest";
import type { Gpu } from "../../src/gpu/device.ts";
import { chooseTiling, plainTiling, type Tiling } from "../../src/gpu/tiling.ts";
import { activations } from "../../src/nn/activation.ts";
import { readTensor, writeTensor } from "../../src/nn/tensors.ts";
import { chunksOf } from "../../src/train/chunks.ts";
import type { RecipeInput } from "../../src/train/recipe.ts";
import type { Session } from "../../src/train/session.ts";
import type { Activation } from "../reference/activation.ts";
import { expectClose, expectCloseToScale } from "../reference/close.ts";
import { type Network, networkStep, type Tensors } from "../reference/network.ts";
import { permutation, uniform } from "../reference/random.ts";
import { batchOf, syntheticDataset } from "../support/dataset.ts";
import { dropoutFactor } from "../support/dropout.ts";
import { useGpu } from "../support/gpu.ts";
import { expectSameBits, startSession } from "../support/session.ts";

// A step's loss and all its gradients against the f64 network, through the plan that training runs.

const gpuOf = useGpu();
const dataset = syntheticDataset({ train: 150, test: 23, width: 5, height: 7 });
const SEED = 3;
/** A gradient is a sum of products that err by 1e-6 each; normalisation divides by a deviation and doubles that. */
const GRADIENT_BOUND = 2e-5;
const LOSS_BOUND = { absolute: 3e-6, relative: 3e-6 };

/** Gradients lie in memory only where the update does not take them at once. */
const start = (gpu: Gpu, recipe: RecipeInput, tiling = chooseTiling(gpu)) =>
  startSession(gpu, recipe, dataset, { ...tiling, fusesUpdate: false });

/** Gives every member random parameters, keyed on the member's number, and says what they are. */
function randomise(session: Session, firstMember = 0): Tensors[] {
  const { model, members } = session.plan;
  const { stride, tensors } = model.arena;
  const params = new Float32Array(members.length * stride);
  const each = members.map((_, m) => {
    const own: Tensors = {};
    for (const [i, tensor] of tensors.entries()) {
      const count = tensor.rows * tensor.columns;
      const isScale = /^[bl]n\d+.weight$/.test(tensor.name);
      const values = uniform(count, 100 * (firstMember + m) + i, isScale ? 0.5 : 1 / Math.sqrt(tensor.columns));
      own[tensor.name] = values.map((value) => Math.fround(isScale ? 1 + value : value));
      writeTensor(params.subarray(m * stride), tensor, Float32Array.from(own[tensor.name] as Float64Array));
    }
    return own;
  });
  session.write("params", params);
  return each;
}

function networkOf(session: Session, order: Uint32Array, member: number, step = 0): Network {
  const { recipe, data, members } = session.plan;
  const { seed, dropout, label_smoothing, loss } = members[member] as (typeof members)[number];
  const widths = [data.inputs, ...recipe.hidden, data.classes];
  const norm = recipe.batch_norm ? "batch" : recipe.layer_norm ? "layer" : undefined;
  const mask: Network["mask"] = (layer, row, column) =>
    dropoutFactor(dropout, seed, step, { layer, width: widths[layer + 1] ?? 0, sample: order[row] ?? 0, column });
  return {
    widths,
    activation: recipe.activation as Activation,
    smoothing: label_smoothing,
    ...(norm && { norm }),
    ...(dropout > 0 && { mask }),
    ...(loss.name !== "cross_entropy" && { loss }),
  };
}

/** One step of a recipe with random parameters against the reference, and the last member against its solo run. */
async function expectReference(recipe: RecipeInput, tiling?: Tiling): Promise<void> {
  const gpu = await gpuOf();
  const session = await start(gpu, recipe, tiling);
  const { plan } = session;
  const params = randomise(session);
  const order = permutation(150, 5).subarray(0, plan.batch);
  const { metrics } = await session.train([...chunksOf(plan, 0, 1)], order);
  const [grads, running] = [await session.read("grads"), await session.read("running")];
  const { stride, tensors } = plan.model.arena;
  const { x, labels } = batchOf(dataset.train, order);
  for (const m of plan.members.keys()) {
    const network = networkOf(session, order, m);
    const expected = networkStep(network, params[m] as Tensors, x, labels);
    expectClose([metrics[0]?.[m]?.loss ?? Number.NaN], [expected.loss], LOSS_BOUND, `loss of member ${m}`);
    for (const tensor of tensors) {
      const got = readTensor(grads.subarray(m * stride), tensor);
      const what = `${tensor.name} of member ${m}`;
      const isShifted = recipe.batch_norm && /^fc\d+.bias$/.test(tensor.name) && tensor.columns !== 10;
      if (isShifted) expectClose(got, new Float64Array(got.length), { absolute: 1e-6 }, what);
      else expectCloseToScale(got, expected.gradients[tensor.name] ?? [], GRADIENT_BOUND, what);
    }
    for (const tensor of plan.model.running.tensors) {
      const got = readTensor(running.subarray(m * plan.model.running.stride), tensor);
      const isMean = tensor.name.endsWith("mean");
      const batch = expected.statistics[tensor.name.replace("running_", "")] ?? new Float64Array();
      const moved = batch.map((value) => (isMean ? 0 : 0.9) + 0.1 * value);
      expectClose(got, moved, { absolute: 1e-6, relative: 2e-6 }, `${tensor.name} of member ${m}`);
    }
  }
  session.destroy();
  const P = plan.members.length;
  if (P === 1) return;
  const { population: _, ...single } = recipe;
  const alone = await start(gpu, { ...single, seed: SEED + P - 1 }, tiling);
  randomise(alone, P - 1);
  await alone.train([...chunksOf(alone.plan, 0, 1)], order);
  expectSameBits(grads.subarray((P - 1) * stride), await alone.read("grads"), "gradients of the last member");
  expectSameBits(
    running.subarray((P - 1) * plan.model.running.stride),
    await alone.read("running"),
    "running statistics of the last member",
  );
  alone.destroy();
}

const base = { optimizer: { name: "sgd" }, seed: SEED, steps: 10 } satisfies RecipeInput;

test.each(activations)("activation $name", ({ name }) =>
  expectReference({ ...base, activation: name, hidden: [9, 6], batch_size: 13 }),
);

describe.each<RecipeInput>([
  { batch_norm: true },
  { layer_norm: true },
  { dropout: 0.3 },
  { label_smoothing: 0.2 },
  { batch_norm: true, activation: "sigmoid" },
  { layer_norm: true, activation: "softplus" },
  { batch_norm: true, activation: "gelu", dropout: 0.25, label_smoothing: 0.1 },
  { layer_norm: true, activation: "mish", dropout: 0.6 },
  { activation: "tanh", dropout: 0.5 },
  { loss: "mse" },
  { loss: { name: "hinge", margin: 0.7 }, layer_norm: true },
  { loss: { name: "focal", gamma: 1.5 }, activation: "gelu", dropout: 0.25 },
])("%j", (options) => {
  test.each([
    [[9, 6], 13, 3],
    [[70, 33, 5], 130, 1],
  ])("hidden %j, batch %i, population %i", (hidden, batch_size, population) =>
    expectReference({ ...base, ...options, hidden, batch_size, population }),
  );
});

// Batch norm makes +-1 of two samples, whatever they are: three.
test.each<RecipeInput>([
  { batch_norm: true, dropout: 0.2 },
  { layer_norm: true, activation: "silu" },
])("%j of one unit, three samples", (options) => expectReference({ ...base, ...options, hidden: [1], batch_size: 3 }));

test("the portable kernels give the same network", () =>
  expectReference(
    {
      ...base,
      batch_norm: true,
      activation: "elu",
      label_smoothing: 0.1,
      hidden: [9, 6],
      batch_size: 13,
      population: 2,
    },
    plainTiling,
  ));

test("layer norm and dropout over several chunks add up to the whole batch", async () => {
  // 150 samples are one chunk; 2250 of a larger set are three.
  const large = syntheticDataset({ train: 2250, test: 20, width: 5, height: 7 });
  const gpu = await gpuOf();
  const recipe: RecipeInput = { ...base, layer_norm: true, dropout: 0.3, hidden: [9], batch_size: "full" };
  const session = await startSession(gpu, recipe, large, { ...chooseTiling(gpu), fusesUpdate: false });
  const { plan } = session;
  const [params] = randomise(session);
  const order = permutation(2250, 5);
  const chunks = [...chunksOf(plan, 0, 1)];
  expect(chunks).toHaveLength(3);
  const { metrics } = await session.train(chunks, order);
  const grads = await session.read("grads");
  session.destroy();
  const { x, labels } = batchOf(large.train, order);
  const expected = networkStep(networkOf(session, order, 0), params as Tensors, x, labels);
  expectClose([metrics[0]?.[0]?.loss ?? Number.NaN], [expected.loss], LOSS_BOUND, "loss");
  for (const tensor of plan.model.arena.tensors) {
    expectCloseToScale(readTensor(grads, tensor), expected.gradients[tensor.name] ?? [], GRADIENT_BOUND, tensor.name);
  }
});

test.each<RecipeInput>([
  { batch_norm: true, activation: "silu", dropout: 0.4, label_smoothing: 0.1 },
  { layer_norm: true },
])("evaluation of %j: by running statistics, nothing dropped, plain cross-entropy", async (options) => {
  const gpu = await gpuOf();
  const recipe = { ...base, ...options, hidden: [9, 6], population: 2 };
  const session = await start(gpu, { ...recipe, batch_size: 13 });
  await session.prepare(["evaluate"]);
  session.uploadTest(dataset.test);
  const params = randomise(session);
  const { running } = session.plan.model;
  const values = new Float32Array(2 * running.stride);
  const statistics = [0, 1].map((m) => {
    const own: Tensors = {};
    for (const [i, tensor] of running.tensors.entries()) {
      own[tensor.name] = uniform(tensor.columns, 50 + 10 * m + i).map((v) => Math.fround(i % 2 === 0 ? v : 1 + v / 2));
      writeTensor(values.subarray(m * running.stride), tensor, Float32Array.from(own[tensor.name] as Float64Array));
    }
    return own;
  });
  session.write("running", values);
  const results = await session.evaluate(0, dataset.test.count);
  const order = Uint32Array.from({ length: dataset.test.count }, (_, i) => i);
  const { x, labels } = batchOf(dataset.test, order);
  for (const m of [0, 1]) {
    const { mask: _, smoothing: __, ...network } = networkOf(session, order, m);
    const byRunning = options.batch_norm ? statistics[m] : undefined;
    const { loss } = networkStep(network, params[m] as Tensors, x, labels, byRunning);
    expectClose([results[m]?.loss ?? Number.NaN], [loss], LOSS_BOUND, `loss of member ${m}`);
  }
  session.destroy();
});
