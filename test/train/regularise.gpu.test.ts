import { expect, test } from "vitest";
import { mixupShare } from "../../src/data/mixup.ts";
import { normal4 } from "../../src/data/normal.ts";
import { shuffledOrder } from "../../src/data/order.ts";
import { PURPOSE, random4 } from "../../src/data/random.ts";
import { chooseTiling, plainTiling } from "../../src/gpu/tiling.ts";
import { readTensor, type Tensor } from "../../src/nn/tensors.ts";
import type { RecipeInput } from "../../src/train/recipe.ts";
import type { Session } from "../../src/train/session.ts";
import { expectClose, expectCloseToScale } from "../reference/close.ts";
import { type Network, networkStep, type Tensors } from "../reference/network.ts";
import { batchOf, syntheticDataset } from "../support/dataset.ts";
import { useGpu } from "../support/gpu.ts";
import { startSession, trainSteps } from "../support/session.ts";

// One step of a plan against the mathematics in f64: what the parts are, and in which order they act.

const gpuOf = useGpu();
const dataset = syntheticDataset({ train: 330, test: 20, width: 7, height: 5 });
const [SEED, LR] = [5, 0.1];
const base = { hidden: [9, 6], batch_size: 100, seed: SEED, optimizer: { name: "sgd", lr: LR } } satisfies RecipeInput;
const NETWORK: Network = { widths: [35, 9, 6, 10], activation: "relu" };
// Sums of f32 in any order, against a tensor's largest, as the golden first gradients.
const BOUND = 1e-5;

const tensorsOf = ({ plan }: Session, part: Float32Array): Tensors =>
  Object.fromEntries(plan.model.arena.tensors.map((one) => [one.name, Float64Array.from(readTensor(part, one))]));

/** Loss and gradients of step `step`, whose rows are `rows`, by the seed's own order. */
function gradientsOf(params: Tensors, step: number, rows: number, recipe: RecipeInput) {
  const range = { count: 330, epoch: Math.floor(step / 4), start: (step % 4) * 100, length: rows };
  const { x, labels } = batchOf(dataset.train, shuffledOrder(SEED, range));
  if (!recipe.mixup) return networkStep(NETWORK, params, x, labels);
  const share = mixupShare(recipe.mixup.alpha ?? Number.NaN, SEED, step);
  const mixed = x.map((value, i) => {
    const partner = x[(rows - 1 - Math.floor(i / 35)) * 35 + (i % 35)] as number;
    return share * value + (1 - share) * partner;
  });
  const network = { ...NETWORK, smoothing: recipe.label_smoothing ?? 0 };
  const [own, other] = [labels, labels.toReversed()].map((all) => networkStep(network, params, mixed, all));
  const between = (a: number, b: number) => share * a + (1 - share) * b;
  const gradients: Tensors = {};
  for (const [name, values] of Object.entries(own?.gradients ?? {})) {
    gradients[name] = values.map((value, i) => between(value, other?.gradients[name]?.[i] ?? Number.NaN));
  }
  return { loss: between(own?.loss ?? Number.NaN, other?.loss ?? Number.NaN), gradients };
}

/** The parameters behind a step with a gradient. */
function stepped(params: Tensors, gradients: Tensors, step: number, recipe: RecipeInput, tensors: readonly Tensor[]) {
  const { l1 = 0, clip_value = Infinity, clip_norm = Infinity, max_norm = Infinity, gradient_noise } = recipe;
  const isWeight = (name: string) => name.endsWith(".weight");
  const map = (values: Tensors, change: (value: number, name: string, i: number) => number): Tensors =>
    Object.fromEntries(
      Object.entries(values).map(([name, own]) => [name, own.map((value, i) => change(value, name, i))]),
    );
  let g = map(gradients, (value, name, i) => value + (isWeight(name) ? l1 * Math.sign(params[name]?.[i] ?? 0) : 0));
  g = map(g, (value) => Math.min(Math.max(value, -clip_value), clip_value));
  const norm = Math.hypot(...Object.values(g).map((values) => Math.hypot(...values)));
  g = map(g, (value) => value * Math.min(1, clip_norm / (norm + 1e-6)));
  if (gradient_noise) {
    const { eta = Number.NaN, gamma = Number.NaN } = gradient_noise;
    g = map(g, (value, name, i) => {
      const { offset, columns, rowStride } = tensors.find((one) => one.name === name) as Tensor;
      const at = offset + Math.floor(i / columns) * rowStride + (i % columns);
      const number = normal4(random4(SEED, PURPOSE.noise, step, Math.floor(at / 4)))[at % 4] as number;
      return value + Math.sqrt(eta / (1 + step) ** gamma) * number;
    });
  }
  const moved = map(params, (value, name, i) => value - LR * (g[name]?.[i] as number));
  return map(moved, (value, name, i) => {
    if (!isWeight(name)) return value;
    const { columns } = tensors.find((one) => one.name === name) as Tensor;
    const first = Math.floor(i / columns) * columns;
    return (
      value * Math.min(1, max_norm / Math.hypot(...(moved[name] as Float64Array).subarray(first, first + columns)))
    );
  });
}

const recipes = [
  { l1: 0.01 },
  { clip_value: 0.002 },
  { gradient_noise: { eta: 0.01, gamma: 0.7 } },
  { max_norm: 0.4 },
  { mixup: { alpha: 0.8 } },
  { mixup: { alpha: 0.8 }, label_smoothing: 0.1 },
  {
    l1: 0.01,
    clip_value: 0.02,
    clip_norm: 0.05,
    gradient_noise: { eta: 1e-4, gamma: 0.5 },
    max_norm: 0.5,
    mixup: { alpha: 2 },
  },
] satisfies RecipeInput[];

test.each(recipes)("%j", async (recipe) => {
  const gpu = await gpuOf();
  for (const tiling of new Set([plainTiling, chooseTiling(gpu)])) {
    const session = await startSession(gpu, { ...base, ...recipe }, dataset, tiling);
    // An even number of samples, the last, shorter batch of an epoch, and the one behind it.
    for (const [step, rows] of [
      [0, 100],
      [3, 30],
      [4, 100],
    ] as const) {
      const before = tensorsOf(session, await session.read("params"));
      const [[loss] = []] = await trainSteps(session, step, step + 1);
      const expected = gradientsOf(before, step, rows, recipe);
      expectClose([loss ?? Number.NaN], [expected.loss], { relative: BOUND }, `loss of step ${step}`);
      const after = tensorsOf(session, await session.read("params"));
      const moved = stepped(before, expected.gradients, step, recipe, session.plan.model.arena.tensors);
      for (const [name, values] of Object.entries(moved)) {
        expectCloseToScale(after[name] ?? [], values, BOUND, `${name} after step ${step}`);
        expect(after[name]).not.toEqual(before[name]);
      }
    }
    session.destroy();
  }
});

test("the penalty of l1 is not in the loss", async () => {
  const losses = await Promise.all(
    [{}, { l1: 100 }].map(async (recipe) => {
      const session = await startSession(await gpuOf(), { ...base, ...recipe }, dataset, plainTiling);
      const [[loss] = []] = await trainSteps(session, 0, 1);
      session.destroy();
      return loss;
    }),
  );
  expect(losses[1]).toBe(losses[0]);
});

test("sam takes both of its gradients of the same mixtures", async () => {
  const run = async (rho: number) => {
    const recipe = { ...base, mixup: { alpha: 1 }, ...(rho > 0 && { sam: { rho } }) };
    const session = await startSession(await gpuOf(), recipe, dataset);
    await session.prepare(["between", "again"]);
    await trainSteps(session, 0, 3);
    const params = tensorsOf(session, await session.read("params"));
    session.destroy();
    return params;
  };
  const [plain, near] = [await run(0), await run(1e-6)];
  // From next to where the first gradient was taken, the second is the same but for rounding.
  for (const [name, values] of Object.entries(plain)) expectCloseToScale(near[name] ?? [], values, BOUND, name);
});
