import { describe, expect, test } from "vitest";
import { subgroupTiling } from "../../src/gpu/subgroupTiling.ts";
import { plainTiling, type Tiling } from "../../src/gpu/tiling.ts";
import { makePlan, type Stage } from "../../src/train/plan.ts";
import { STEP_STRIDE } from "../../src/train/planBuffers.ts";
import { parseRecipe, RecipeError, type RecipeInput } from "../../src/train/recipe.ts";

const MNIST = { trainCount: 60000, testCount: 10000, inputs: 784, rowBytes: 784, classes: 10 };

const planOf = (recipe: RecipeInput = {}, data = MNIST, tiling: Tiling = plainTiling) =>
  makePlan(parseRecipe(recipe), data, tiling);
const labelsOf = (plan: ReturnType<typeof planOf>, stage: Stage) => plan.stages[stage].map(({ label }) => label);

describe("the main job's plan", () => {
  const plan = planOf();
  const { buffers } = plan;

  test("is plain data", () => {
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
    for (const other of [{ population: 3, hidden: [] }, { optimizer: { name: "rmsprop", centered: true } }]) {
      expect(JSON.parse(JSON.stringify(planOf(other)))).toEqual(planOf(other));
    }
  });

  test("runs 10 epochs of 600 steps", () => {
    expect(plan).toMatchObject({ batch: 100, stepsPerEpoch: 600, steps: 6000, chunkRows: 100, submitChunks: 600 });
    expect(planOf({ steps: 7 }).steps).toBe(7);
    expect(planOf({ batch_size: 7, epochs: 1 }).steps).toBe(Math.ceil(60000 / 7));
  });

  test("dispatches forward, loss, backward and one update", () => {
    expect(labelsOf(plan, "chunk")).toEqual([
      "gather",
      "fc1 forward",
      "fc2 forward",
      "fc3 forward",
      "softmax cross-entropy",
      "fc3 backward input",
      "fc3 backward weights",
      "fc2 backward input",
      "fc2 backward weights",
      "fc1 backward weights",
    ]);
    expect(labelsOf(plan, "update")).toEqual(["adam update"]);
    expect(labelsOf(plan, "shuffle")).toEqual(["shuffle"]);
    expect(labelsOf(plan, "evaluate")).toEqual(labelsOf(plan, "chunk").slice(0, 5));
    expect(labelsOf(plan, "init")).toEqual([1, 2, 3].flatMap((i) => [`fc${i}.weight start`, `fc${i}.bias start`]));
  });

  test("dispatches less where kernels are fused: not over several chunks, and without a tail where there is none", () => {
    const fused = subgroupTiling(4);
    const labels = (recipe: RecipeInput) => labelsOf(makePlan(parseRecipe(recipe), MNIST, fused), "chunk");
    expect(labels({})).toEqual([
      "fc1 forward",
      "fc2 forward",
      "fc3 with loss",
      "fc3 backward weights + update",
      "fc2 backward input",
      "fc2 backward weights + update",
      "fc1 backward weights + update",
    ]);
    expect(labels({ hidden: [] })).toEqual(["fc1 forward", "softmax cross-entropy", "fc1 backward weights + update"]);
    const chunked = makePlan(parseRecipe({ batch_size: 2000 }), MNIST, fused);
    expect(labelsOf(chunked, "chunk")).toContain("fc1 backward weights");
    expect(labelsOf(chunked, "update")).toEqual(["adam update"]);
    expect(makePlan(parseRecipe({}), MNIST, fused).buffers.grads).toBeUndefined();
    expect(chunked.buffers.grads).toBeDefined();
  });

  test("holds the data as bytes, and parameters, gradients and state in arenas of one layout", () => {
    const { stride } = plan.model.arena;
    // 109386 parameters; no row needs pads, but the last bias: 10 floats in 12.
    expect(stride).toBe(Math.ceil((109386 + 2) / 64) * 64);
    expect(buffers.train_images?.bytes).toBe(60000 * 784);
    expect(buffers.test_labels?.bytes).toBe(10000);
    expect(buffers.params?.bytes).toBe(4 * stride);
    expect(buffers.grads?.bytes).toBe(4 * stride);
    expect(buffers.state?.bytes).toBe(2 * 4 * stride);
    const capacity = Math.max(plan.chunkRows, plan.evaluateRows);
    expect(buffers["fc2.y"]?.bytes).toBe(4 * capacity * 64);
    expect(buffers["fc3.dy"]?.bytes).toBe(4 * capacity * 12);
    expect(buffers.step).toMatchObject({ usage: "uniform", bytes: 600 * STEP_STRIDE });
    expect(plan.slots.map(({ name }) => name)).toEqual(["exp_avg", "exp_avg_sq"]);
  });

  test("names a buffer for every binding, and a dispatch for every buffer but the step's", () => {
    for (const recipe of [{}, { optimizer: { name: "sgd" } }, { hidden: [] }]) {
      const { buffers, stages } = planOf(recipe);
      const used = Object.values(stages)
        .flat()
        .flatMap((dispatch) => Object.values(dispatch.buffers));
      expect(new Set([...used, "step"])).toEqual(new Set(Object.keys(buffers)));
    }
  });
});

test("without hidden layers one layer is left, which needs no gradient of its input", () => {
  expect(labelsOf(planOf({ hidden: [] }), "chunk")).toEqual([
    "gather",
    "fc1 forward",
    "softmax cross-entropy",
    "fc1 backward weights",
  ]);
});

test("a tiling that gathers in its loads needs neither the gather nor its buffer", () => {
  const plan = planOf({}, MNIST, { ...plainTiling, fusesGather: true });
  expect(labelsOf(plan, "chunk")).not.toContain("gather");
  expect(plan.buffers.x).toBeUndefined();
  expect(plan.stages.chunk[0]?.buffers).toMatchObject({ images: "train_images", order: "order" });
  expect(plan.stages.evaluate[0]?.buffers).toMatchObject({ images: "test_images", order: "test_order" });
});

test("an optimizer without state has no buffer for it", () => {
  const plan = planOf({ optimizer: { name: "sgd" } });
  expect(plan.buffers.state).toBeUndefined();
  expect(plan.slots).toEqual([]);
});

describe("a population", () => {
  const P = 3;
  const [alone, crowd] = [planOf(), planOf({ population: P })];

  test("multiplies what each member has to itself, and nothing else", () => {
    const shared = ["train_images", "train_labels", "test_images", "test_labels", "test_order", "range", "step"];
    for (const [name, { bytes }] of Object.entries(alone.buffers)) {
      expect(crowd.buffers[name]?.bytes, name).toBe(shared.includes(name) ? bytes : P * bytes);
    }
  });

  test("changes no kernel, no tile and no chunk: the population is the workgroups' z alone", () => {
    for (const stage of ["init", "shuffle", "chunk", "update", "evaluate"] as const) {
      crowd.stages[stage].forEach((dispatch, i) => {
        const { workgroups, ...rest } = alone.stages[stage][i] ?? { workgroups: [0, 0, 0] };
        expect(dispatch).toEqual({ ...rest, workgroups: [workgroups[0], workgroups[1], P] });
      });
    }
    expect(crowd.chunkRows).toBe(alone.chunkRows);
    // Nor does one so large that a submit holds fewer steps.
    const large = planOf({ population: 1000 });
    expect(large.submitChunks).toBeLessThan(alone.submitChunks);
    expect(large.stages.chunk.map(({ kernel, shape }) => [kernel, shape])).toEqual(
      alone.stages.chunk.map(({ kernel, shape }) => [kernel, shape]),
    );
  });

  test("that varies a value has the kernels of one that does not", () => {
    const varied = planOf({ vary: { key: "lr", values: [0.1, 0.2, 0.3] } });
    expect(varied.stages).toEqual(crowd.stages);
    expect(varied.members.map(({ optimizer }) => optimizer.lr)).toEqual([0.1, 0.2, 0.3]);
  });
});

test("a full batch is worked through in chunks of bounded memory", () => {
  const plan = planOf({ batch_size: "full" });
  expect(plan).toMatchObject({ batch: 60000, stepsPerEpoch: 1, steps: 10, chunkRows: 1000 });
  expect(plan.buffers["fc1.y"]?.bytes).toBe(4 * 1000 * 128);
  expect(labelsOf(plan, "chunk")).toEqual(labelsOf(planOf(), "chunk"));
});

test("a batch larger than the data is refused", () => {
  const small = { ...MNIST, trainCount: 60 };
  expect(() => planOf({ batch_size: 61 }, small)).toThrow(RecipeError);
  expect(() => planOf({}, small)).toThrow(
    'batch_size: 100 is more than the 60 training samples; use at most that, or "full"',
  );
  expect(planOf({ batch_size: 60 }, small).stepsPerEpoch).toBe(1);
  expect(planOf({ batch_size: "full" }, small).batch).toBe(60);
});

test("few test samples are evaluated in one piece", () => {
  expect(planOf({}, { ...MNIST, testCount: 50 }).evaluateRows).toBe(50);
});
