import { expect, test } from "vitest";
import { readTensor, type Tensor } from "../../src/nn/tensors.ts";
import { parseRecipe, type RecipeInput } from "../../src/train/recipe.ts";
import type { Session } from "../../src/train/session.ts";
import { evaluateTest } from "../../src/train/submits.ts";
import { syntheticDataset } from "../support/dataset.ts";
import { useGpu } from "../support/gpu.ts";
import { expectSameBits, startSession, trainSteps } from "../support/session.ts";

// The line search in training: on the loss of the whole set, in one chunk and in several. test/train/optimizers.gpu.test.ts
// has checkpoints and populations.

const gpuOf = useGpu();
const dataset = syntheticDataset({ train: 330, test: 50, width: 9, height: 7 });
const large = syntheticDataset({ train: 1500, test: 50, width: 9, height: 7 });

const optimizer = { name: "lbfgs" };
const base = { batch_size: "full", optimizer, seed: 5 } satisfies RecipeInput;

/** Where the loss at the accepted point lies in `search`: `START_LOSS` of shaders/optim/lbfgs_search.wgsl. */
const START_LOSS = 2;

/** The loss at the last accepted point, as the kernels know it. */
async function acceptedLoss(session: Session, member = 0): Promise<number> {
  const arena = session.plan.kept.find(({ buffer }) => buffer === "extra")?.arena;
  const extra = await session.read("extra");
  const search = readTensor(extra.subarray(member * (arena?.stride ?? 0)), arena?.tensors[0] as Tensor);
  return search[START_LOSS] as number;
}

test.each([
  { name: "softmax regression", hidden: [], data: dataset, steps: 30, left: 0.7 },
  { name: "a network", hidden: [10, 7], data: dataset, steps: 60, left: 0.6 },
  { name: "a network, a step in two chunks", hidden: [10, 7], data: large, steps: 25, left: 0.98 },
])("$name: the loss falls from accepted point to accepted point", async ({ hidden, data, steps, left }) => {
  const session = await startSession(await gpuOf(), { ...base, hidden, steps }, data);
  const [accepted, trials]: [number[], number[]] = [[], []];
  for (let step = 0; step < steps; step++) {
    trials.push((await trainSteps(session, step, step + 1))[0]?.[0] as number);
    accepted.push(await acceptedLoss(session));
  }
  for (let k = 1; k < steps; k++) {
    // What the line search takes for rounding of the loss.
    expect(accepted[k]).toBeLessThanOrEqual((accepted[k - 1] as number) * (1 + 1.1e-6));
    // It is one that was evaluated. The host adds the table's entries up in f64, the kernel up to some thirty in f32.
    const distances = trials.slice(0, k + 1).map((trial) => Math.abs(trial / (accepted[k] as number) - 1));
    expect(Math.min(...distances)).toBeLessThan(1e-6);
  }
  expect(accepted.at(-1)).toBeLessThan(left * (accepted[0] as number));
  session.destroy();
});

test("what is evaluated is the accepted point, not the trial point", async () => {
  const session = await startSession(
    await gpuOf(),
    { ...base, hidden: [10, 7], steps: 8 },
    { ...dataset, test: dataset.train },
  );
  await session.prepare(["view", "evaluate"]);
  session.uploadTest(dataset.train);
  for (let step = 0; step < 8; step++) {
    await trainSteps(session, step, step + 1);
    const [seen] = await evaluateTest(session);
    // Sums in another order.
    expect(seen?.loss).toBeCloseTo(await acceptedLoss(session), 5);
  }
  session.destroy();
});

test("a member that has stopped stays, and the other goes on as alone", async () => {
  const gpu = await gpuOf();
  const crowd = await startSession(gpu, { ...base, hidden: [10, 7], steps: 12, population: 2 }, dataset);
  await trainSteps(crowd, 0, 6);
  crowd.enabled[0] = false;
  await trainSteps(crowd, 6, 12);
  for (const [m, steps] of [6, 12].entries()) {
    const alone = await startSession(gpu, { ...base, hidden: [10, 7], steps: 12, seed: base.seed + m }, dataset);
    await trainSteps(alone, 0, steps);
    for (const name of ["params", "state", "extra"] as const) {
      const [all, own] = [await crowd.read(name), await alone.read(name)];
      expectSameBits(all.slice(m * own.length, (m + 1) * own.length), own, `${name} of member ${m}`);
    }
    alone.destroy();
  }
  crowd.destroy();
});

test.each([
  [
    { batch_size: 100 },
    'batch_size: lbfgs compares the loss from step to step, so that each must take all samples: give "full"',
  ],
  [{ dropout: 0.1 }, "dropout: lbfgs needs one loss throughout"],
  [
    { augment: { shift: 1 } },
    "augment: does not go with lbfgs: other images in each step are another loss; leave it out",
  ],
  [{ clip_norm: 1 }, "clip_norm: does not go with lbfgs: a clipped gradient is not the loss's; leave it out"],
  [{ sam: {} }, "sam: does not go with lbfgs: "],
  [{ schedule: { name: "cosine" } }, "schedule: does not go with lbfgs: the line search finds the length of each step"],
  [{ schedules: { tolerance_grad: { name: "cosine" } } }, "schedules: does not go with lbfgs: "],
  [{ lookahead: {} }, "lookahead: lbfgs has weights of its own for evaluation"],
  [{ decay: "weights" }, "decay: lbfgs has no weight_decay"],
] as const)("%j is refused", (given, message) => {
  expect(() => parseRecipe({ ...base, ...given })).toThrow(message);
});
