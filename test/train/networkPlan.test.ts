import { describe, expect, test } from "vitest";
import { subgroupTiling } from "../../src/gpu/subgroupTiling.ts";
import { plainTiling, type Tiling } from "../../src/gpu/tiling.ts";
import { makePlan, type Plan, type Stage } from "../../src/train/plan.ts";
import { parseRecipe, RecipeError, type RecipeInput } from "../../src/train/recipe.ts";

// What stands between dense layers, and what it takes from the fused kernels.

const MNIST = { trainCount: 60000, testCount: 10000, inputs: 784, rowBytes: 784, classes: 10 };
const FUSED = subgroupTiling(4);

const planOf = (recipe: RecipeInput, tiling: Tiling = plainTiling, data = MNIST) =>
  makePlan(parseRecipe(recipe), data, tiling);
const labelsOf = (plan: Plan, stage: Stage) => plan.stages[stage].map(({ label }) => label);
const filesOf = (plan: Plan, stage: Stage) =>
  plan.stages[stage].flatMap(({ kernel }) => [...kernel.uses, kernel.shader]);

test("batch norm stands between a dense layer and its activation, which it ends with", () => {
  const plan = planOf({ hidden: [64], batch_norm: true });
  expect(labelsOf(plan, "chunk")).toEqual([
    "gather",
    "fc1 forward",
    "bn1 forward",
    "fc2 forward",
    "softmax cross-entropy",
    "fc2 backward input",
    "fc2 backward weights",
    "bn1 backward",
    "fc1 backward weights",
  ]);
  const [, dense, norm] = plan.stages.chunk;
  expect(dense?.kernel.uses).toContain("nn/activation/identity.wgsl");
  expect(norm?.kernel.uses).toContain("nn/activation/relu.wgsl");
  expect(filesOf(plan, "evaluate")).toContain("nn/norm/batch_evaluate.wgsl");
  expect(filesOf(plan, "evaluate")).not.toContain("nn/norm/batch_forward.wgsl");
  expect(plan.model.arena.tensors.map(({ name }) => name).slice(0, 4)).toEqual([
    "fc1.weight",
    "fc1.bias",
    "bn1.weight",
    "bn1.bias",
  ]);
  expect(plan.model.running.tensors.map(({ name }) => name)).toEqual(["bn1.running_mean", "bn1.running_var"]);
});

test("an activation whose gradient needs its input, and dropout, run by themselves behind all else", () => {
  for (const options of [{ activation: "gelu" }, { dropout: 0.2 }] as const) {
    const plan = planOf({ hidden: [64], layer_norm: true, ...options });
    expect(labelsOf(plan, "chunk").slice(1, 5)).toEqual(["fc1 forward", "ln1 forward", "act1 forward", "fc2 forward"]);
    expect(labelsOf(plan, "chunk").slice(-4)).toEqual([
      "act1 backward",
      "ln1 backward input",
      "ln1 backward weights",
      "fc1 backward weights",
    ]);
    expect(filesOf(plan, "evaluate")).not.toContain("nn/dropout.wgsl");
    expect(filesOf(plan, "chunk").includes("nn/dropout.wgsl")).toBe("dropout" in options);
    const input = plan.stages.chunk.find(({ label }) => label === "fc2 backward input");
    expect(input?.kernel.uses).toContain("nn/activation/identity.wgsl");
  }
});

describe("fused kernels", () => {
  const tail = "nn/tail_subgroup.wgsl";

  test("stay where nothing needs the parts: the plain network, whatever its activation", () => {
    for (const activation of ["relu", "tanh"] as const) {
      const plan = planOf({ activation }, FUSED);
      expect(filesOf(plan, "chunk")).toContain(tail);
      expect(labelsOf(plan, "update")).toEqual([]);
      expect(plan.buffers.grads).toBeUndefined();
      expect(plan.buffers.population).toBeUndefined();
    }
  });

  test("the tail goes on behind norms, dropout and activations, with the gradient of what it reads", () => {
    for (const [options, activation] of [
      [{ batch_norm: true }, "relu"],
      [{ batch_norm: true, dropout: 0.1 }, "identity"],
      [{ activation: "mish" }, "identity"],
    ] as const) {
      const end = planOf(options, FUSED).stages.chunk.find(({ kernel }) => kernel.shader === tail);
      expect(end?.kernel.uses).toContain(`nn/activation/${activation}.wgsl`);
    }
  });

  test("smoothed labels take the loss's own kernel, in training alone", () => {
    const plan = planOf({ label_smoothing: 0.1 }, FUSED);
    expect(filesOf(plan, "chunk")).not.toContain(tail);
    expect(filesOf(plan, "chunk")).toContain("loss/label_smoothing.wgsl");
    expect(filesOf(plan, "evaluate")).toContain(tail);
    expect(filesOf(planOf({ label_smoothing: 0.1 }), "evaluate")).toContain("loss/hard_labels.wgsl");
  });

  test("clipping and norms need gradients in memory", () => {
    expect(labelsOf(planOf({ clip_norm: 1 }, FUSED), "update")).toEqual(["gradient norm", "clip norm", "adam update"]);
    expect(labelsOf(planOf({ layer_norm: true }, FUSED), "update")).toEqual(["adam update"]);
    expect(labelsOf(planOf({ vary: { key: "clip_norm", values: [1, 2] } }, FUSED), "update")).toContain("clip norm");
  });
});

test("every binding has a buffer, and every buffer but the step's a dispatch", () => {
  for (const recipe of [
    { batch_norm: true, dropout: 0.1, clip_norm: 1, label_smoothing: 0.1, activation: "silu" },
    { layer_norm: true },
    { dropout: 0.5 },
  ] as RecipeInput[]) {
    const { buffers, stages } = planOf(recipe);
    const used = Object.values(stages).flatMap((all) => all.flatMap((dispatch) => Object.values(dispatch.buffers)));
    expect(new Set([...used, "step"])).toEqual(new Set(Object.keys(buffers)));
  }
});

describe("batch norm refuses batches without the statistics that it needs", () => {
  test.each<[RecipeInput, number, string]>([
    [{ batch_size: "full" }, 60000, "a batch of 60000 samples is worked through in chunks of 1000"],
    [{ batch_size: 1001 }, 60000, "a batch of 1001 samples is worked through in chunks of 501"],
    [{ batch_size: 1 }, 60000, "a batch is one sample, which has no variance"],
    [{ batch_size: 100 }, 901, "the last batch of an epoch (901 samples by 100) is one sample"],
  ])("%j of %i samples", (recipe, trainCount, message) => {
    const make = () => planOf({ ...recipe, batch_norm: true }, plainTiling, { ...MNIST, trainCount });
    expect(make).toThrow(RecipeError);
    expect(make).toThrow(message);
    expect(() => planOf({ ...recipe, layer_norm: true }, plainTiling, { ...MNIST, trainCount })).not.toThrow();
  });

  test("1000 samples are one chunk", () => {
    expect(planOf({ batch_norm: true, batch_size: 1000 }).chunkRows).toBe(1000);
  });
});

describe("members share the network's parts", () => {
  test.each(["dropout", "label_smoothing"])("so that %s cannot be 0 for some", (key) => {
    expect(() => planOf({ vary: { key, values: [0, 0.5] } })).toThrow(`vary: the values of ${key} switch it off`);
    const { members } = planOf({ vary: { key, values: [0.1, 0.5] } });
    expect(members.map((member) => member[key as "dropout"])).toEqual([0.1, 0.5]);
  });
});

test.each<[unknown, ...string[]]>([
  [{ dropout: 1 }, "dropout: must be at least 0 and below 1, got 1"],
  [{ dropout: -0.1 }, "dropout: must be at least 0, got -0.1"],
  [{ label_smoothing: 1 }, "label_smoothing: must be at least 0 and below 1, got 1"],
  [{ clip_norm: 0 }, "clip_norm: must be above 0, got 0"],
  [{ init: "orthagonal" }, "init.name: must be one of default", 'got "orthagonal" (did you mean "orthogonal"?)'],
  [{ init: { name: "constant", valeu: 1 } }, 'init: unknown field "valeu" (did you mean "value"?); allowed: value'],
  [{ init: { name: "kaiming_normal", gain: 0 } }, "init.gain: must be above 0, got 0"],
  [{ batch_norm: true, layer_norm: true }, "layer_norm: batch_norm and layer_norm exclude each other: give one"],
  [{ hidden: [], dropout: 0.5 }, "dropout: stands behind hidden layers, and the network has none"],
])("%j is refused", (recipe, ...parts) => {
  for (const part of parts) expect(() => parseRecipe(recipe)).toThrow(part);
});

test("a start may be given by its name alone, and reads back as itself", () => {
  const recipe = parseRecipe({ init: "kaiming_normal" });
  expect(recipe.init).toEqual({ name: "kaiming_normal", gain: Math.SQRT2 });
  expect(parseRecipe(JSON.parse(JSON.stringify(recipe)))).toEqual(recipe);
});
