import { describe, expect, test } from "vitest";
import { readSafetensors, type Safetensors, writeSafetensors } from "../../src/io/safetensors.ts";
import { restoreCheckpoint, saveCheckpoint } from "../../src/train/checkpoint.ts";
import type { RecipeInput } from "../../src/train/recipe.ts";
import type { ArenaName, Session } from "../../src/train/session.ts";
import { syntheticDataset } from "../support/dataset.ts";
import { useGpu } from "../support/gpu.ts";
import { expectSameBits, startSession, trainSteps } from "../support/session.ts";

const gpuOf = useGpu();
const dataset = syntheticDataset({ train: 120, test: 20, width: 8, height: 8 });
const common = { hidden: [8], batch_size: 20, steps: 12 } satisfies RecipeInput;
const vary = (key: string, ...values: number[]) => ({ keys: ["seed", key], values: values.map((v, m) => [m + 5, v]) });

/** Every way in which a member keeps something. */
const recipes: RecipeInput[] = [
  { optimizer: { name: "adam" }, batch_norm: true, vary: vary("lr", 0.1, 0.01, 0.001) },
  { optimizer: { name: "sgd" }, lookahead: { k: 2 }, vary: vary("lr", 0.3, 0.1, 0.03) },
  { optimizer: { name: "momentum" }, ema: {}, dropout: 0.2, vary: vary("dropout", 0.1, 0.2, 0.5) },
  { optimizer: { name: "adafactor" }, vary: vary("lr", 0.1, 0.01, 0.001) },
  { optimizer: { name: "schedule_free_adamw" }, batch_norm: true, vary: vary("lr", 0.1, 0.01, 0.001) },
];

/** All buffers that a member may keep something in, by what the session allocated, and the bytes of its part. */
const partsOf = ({ buffers, plan }: Session) =>
  ["params", "running", "state", "slow", "average", "extra"].flatMap((buffer) => {
    const bytes = (buffers[buffer]?.size ?? 0) / plan.members.length;
    return bytes > 0 ? [{ buffer, bytes }] : [];
  });

const partOf = async (session: Session, { buffer, bytes }: { buffer: string; bytes: number }, m: number) => {
  const all = await session.read(buffer as ArenaName);
  return all.slice((m * bytes) / 4, ((m + 1) * bytes) / 4);
};

describe("a copy has the bits of its source", () => {
  test.each(recipes)("%j", async (own) => {
    const session = await startSession(await gpuOf(), { ...common, ...own }, dataset);
    await session.prepare(["sync", "average", "between"]);
    await trainSteps(session, 0, 5, 3);
    const parts = partsOf(session);
    const before = await Promise.all(parts.map((part) => partOf(session, part, 1)));
    const other = await Promise.all(parts.map((part) => partOf(session, part, 0)));
    session.copyMembers([{ from: 1, to: 2 }]);
    for (const [i, part] of parts.entries()) {
      const source = before[i] as Float32Array;
      expectSameBits(await partOf(session, part, 2), source, `copied ${part.buffer}`);
      expectSameBits(await partOf(session, part, 1), source, `${part.buffer} of the source`);
      expectSameBits(await partOf(session, part, 0), other[i] as Float32Array, `${part.buffer} of another`);
      if (!(other[i] as Float32Array).some((value, at) => value !== source[at])) throw new Error("members are equal");
    }
    session.destroy();
  });
});

test.each(recipes)("with its source's seed and values a copy goes on as its source: %j", async (own) => {
  const session = await startSession(await gpuOf(), { ...common, ...own }, dataset);
  await session.prepare(["sync", "average", "between"]);
  await trainSteps(session, 0, 5, 3);
  session.copyMembers([{ from: 0, to: 2 }]);
  expect(session.hypers.memory(2, 5)).toEqual(session.hypers.memory(0, 5));
  // The order of samples stays the member's own; without it both take the same.
  session.setRow(2, session.rows?.[0] ?? []);
  const order = Uint32Array.from({ length: 20 }, (_, i) => (7 * i) % 120);
  for (let step = 5; step < 9; step++) {
    const chunk = { step, epoch: 0, position: 20 * step, rows: 20, batch: 20, gradient: 0 };
    await session.train([{ ...chunk, isFirst: true, endsGradient: true, isLast: true }], order);
  }
  for (const part of partsOf(session)) {
    const [first, copy] = [await partOf(session, part, 0), await partOf(session, part, 2)];
    expectSameBits(copy, first, part.buffer);
    expect((await partOf(session, part, 1)).some((value, i) => value !== first[i])).toBe(true);
  }
  session.destroy();
});

test("a member with another value has the bits of a run that had it there", async () => {
  const recipe = { ...common, optimizer: { name: "nadam" }, schedule: { name: "cosine" } } as const;
  const changed = await startSession(await gpuOf(), { ...recipe, vary: vary("lr", 0.01, 0.02) }, dataset);
  await trainSteps(changed, 0, 4);
  const start = await changed.read("params");
  const state = await changed.read("state");
  changed.setRow(0, [5, 0.003]);
  const saved = await saveCheckpoint(changed, { step: 4, epochLoss: [0, 0], evaluated: true });
  await trainSteps(changed, 4, 9);
  // The same place, in a run whose recipe has the value from its start.
  const other = await startSession(await gpuOf(), { ...recipe, vary: vary("lr", 0.003, 0.02) }, dataset);
  other.write("params", start);
  other.write("state", state);
  other.hypers.restoreMemory(4, [changed.hypers.memory(0, 4), changed.hypers.memory(1, 4)]);
  other.step = 4;
  await trainSteps(other, 4, 9);
  expectSameBits(await changed.read("params"), await other.read("params"), "params");
  // And in one that goes on from a checkpoint, which keeps the value.
  const resumed = await startSession(await gpuOf(), { ...recipe, vary: vary("lr", 0.01, 0.02) }, dataset);
  restoreCheckpoint(resumed, reread(saved), "saved");
  expect(resumed.rows).toEqual([
    [5, 0.003],
    [6, 0.02],
  ]);
  await trainSteps(resumed, 4, 9);
  expectSameBits(await resumed.read("params"), await changed.read("params"), "resumed params");
  for (const session of [changed, other, resumed]) session.destroy();
});

test.each<[string, number, number, RecipeInput]>([
  ["dropout", 0.1, 0.6, { dropout: 0.2 }],
  ["label_smoothing", 0.1, 0.4, { label_smoothing: 0.1 }],
  ["augment.noise", 5, 60, { augment: { noise: 5 } }],
  ["gradient_noise.eta", 0.01, 1, { gradient_noise: { eta: 0.01 } }],
  ["mixup.alpha", 0.2, 2, { mixup: {} }],
  ["clip_norm", 0.1, 5, { clip_norm: 1 }],
  ["max_norm", 0.5, 3, { max_norm: 1 }],
  ["loss.gamma", 1, 4, { loss: { name: "focal" } }],
  ["ema.decay", 0.1, 0.05, { ema: {} }],
  ["schedule.warmup", 2, 5, { schedule: { name: "cosine", warmup: 2 } }],
  ["weight_decay", 0.01, 1, { decay: "weights" }],
])("%s of a member is what it was last set to", async (key, first, other, own) => {
  const recipe = { ...common, optimizer: { name: "sgd" }, ...own } as const;
  const run = async (values: number[], changed?: number) => {
    const session = await startSession(await gpuOf(), { ...recipe, vary: vary(key, ...values) }, dataset);
    await session.prepare(["average", "between"]);
    if (changed !== undefined) session.setRow(0, [5, changed]);
    await trainSteps(session, 0, 8, 3);
    const read = await session.read(own.ema ? "average" : "params");
    session.destroy();
    return read;
  };
  const expected = await run([other, first]);
  expectSameBits(await run([first, first], other), expected, key);
  expect((await run([first, first])).some((value, i) => value !== expected[i])).toBe(true);
});

test("a checkpoint of members that have their recipe's values says nothing of them", async () => {
  const session = await startSession(await gpuOf(), { ...common, vary: vary("lr", 0.01, 0.02) }, dataset);
  const { metadata } = await saveCheckpoint(session, { step: 0, epochLoss: [0, 0], evaluated: true });
  expect(metadata.vary_rows).toBeUndefined();
  expect(() =>
    session.copyMembers([
      { from: 0, to: 1 },
      { from: 1, to: 0 },
    ]),
  ).toThrow("copied over at once");
  expect(() => session.setRow(0, [5, -1])).toThrow("optimizer.lr: must be above 0");
  session.destroy();
});

const reread = ({ tensors, metadata }: Safetensors) => readSafetensors(writeSafetensors(tensors, metadata), "saved");
