import { describe, expect, test } from "vitest";
import { chooseTiling } from "../../../src/gpu/tiling.ts";
import type { ExploitEvent, ExploreEvent, LogEvent, RankEvent } from "../../../src/io/runLog.ts";
import { readSafetensors, type Safetensors, writeSafetensors } from "../../../src/io/safetensors.ts";
import { eventsUntil, lineageOf, takeovers } from "../../../src/lab/tune/lineage.ts";
import { PBT_DEFAULTS } from "../../../src/lab/tune/pbt.ts";
import { type TuneOptions, type TuneSettings, tune } from "../../../src/lab/tune/run.ts";
import { populationRecipe, type Range } from "../../../src/lab/tune/space.ts";
import { positionOf } from "../../../src/train/checkpointPosition.ts";
import { makePlan } from "../../../src/train/plan.ts";
import { parseRecipe, type RecipeInput } from "../../../src/train/recipe.ts";
import { openSession } from "../../../src/train/session.ts";
import { shapeOf, train } from "../../../src/train/train.ts";
import { useGpu } from "../../support/gpu.ts";
import { expectSameBits } from "../../support/session.ts";
import { patternDataset } from "../sweep/patterns.ts";

const gpuOf = useGpu();
const dataset = patternDataset(360, 60);
const LR: Range = { path: "optimizer.lr", scale: "log", low: 1e-7, high: 1 };
/** Half of the members hardly move, or diverge. */
const STARTS = [[1e-7], [0.03], [1e-6], [0.01], [1e-7], [0.02], [1], [0.05]];
const base = {
  ...{ hidden: [16], batch_size: 30, steps: 60, validation: 60, seed: 3 },
  optimizer: { name: "momentum" },
} satisfies RecipeInput;
const SETTINGS: TuneSettings = { ...PBT_DEFAULTS, ranges: [LR], interval: 10 };

interface Run {
  readonly events: LogEvent[];
  readonly checkpoints: Safetensors[];
  readonly end: Safetensors;
}

async function run(
  recipe: RecipeInput = base,
  settings: Partial<TuneSettings> = {},
  options: TuneOptions = {},
  starts = STARTS,
  data = dataset,
): Promise<Run> {
  const gpu = await gpuOf();
  const all = { ...SETTINGS, ...settings };
  const plan = makePlan(populationRecipe(parseRecipe(recipe), all.ranges, starts), shapeOf(data), chooseTiling(gpu));
  const session = await openSession(gpu, plan);
  const events: LogEvent[] = [];
  const checkpoints: Safetensors[] = [];
  const onCheckpoint = ({ tensors, metadata }: Safetensors) => {
    checkpoints.push(readSafetensors(writeSafetensors(tensors, metadata), "kept"));
  };
  try {
    for await (const event of tune(gpu, session, data, all, { onCheckpoint, ...options })) events.push(event);
  } finally {
    session.destroy();
  }
  return { events, checkpoints, end: checkpoints.at(-1) as Safetensors };
}

const ranksOf = (events: readonly LogEvent[]) => events.filter((event): event is RankEvent => event.event === "rank");
const ranksAt = (events: readonly LogEvent[], step: number) =>
  ranksOf(events)
    .filter((event) => event.step === step)
    .sort((a, b) => a.model - b.model);
const exploits = (events: readonly LogEvent[]) =>
  events.filter((event): event is ExploitEvent => event.event === "exploit");
const explores = (events: readonly LogEvent[]) =>
  events.filter((event): event is ExploreEvent => event.event === "explore");
const decisionsOf = (events: readonly LogEvent[]) =>
  events.filter(({ event }) => event !== "start" && event !== "done");

const whole = run();

describe("members with hopeless rates", () => {
  test("all have sensible ones in the end, and are better than without exploitation", async () => {
    const { events } = await whole;
    const last = ranksAt(events, 60);
    expect(last).toHaveLength(8);
    for (const { values } of last) {
      expect(values["optimizer.lr"]).toBeGreaterThan(1e-3);
      expect(values["optimizer.lr"]).toBeLessThan(1);
    }
    const plan = populationRecipe(parseRecipe(base), [LR], STARTS);
    const alone: number[] = [];
    for await (const event of train(plan, { adapter: await gpuOf(), dataset })) {
      if (event.event === "done") alone.push(...event.models.map(({ val_loss = Number.NaN }) => val_loss));
    }
    const better = last.filter(({ val_loss, model }) => val_loss < (alone[model] as number));
    // Those that began with hopeless rates.
    expect(better.map(({ model }) => model)).toEqual(expect.arrayContaining([0, 2, 4, 6]));
    for (const { val_loss } of last) expect(val_loss).toBeLessThan(1.5);
  });

  test("every interval logs ranks, and the last quarter's copies and moves", async () => {
    const { events } = await whole;
    expect([...new Set(ranksOf(events).map(({ step }) => step))]).toEqual([10, 20, 30, 40, 50, 60]);
    for (let step = 10; step <= 60; step += 10) {
      const ranks = ranksAt(events, step);
      const ordered = ranks.toSorted((a, b) => a.rank - b.rank);
      expect(ordered.map(({ rank }) => rank)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
      for (let i = 1; i < 8; i++) {
        const [a, b] = [ordered[i - 1]?.val_loss ?? 0, ordered[i]?.val_loss ?? 0];
        expect(a <= b || Number.isNaN(b)).toBe(true);
      }
      const copied = exploits(events).filter((event) => event.step === step);
      // After the last interval nothing is trained, and nothing decided.
      expect(copied).toHaveLength(step === 60 ? 0 : 2);
      const ranked = new Map(ranks.map(({ model, rank }) => [model, rank]));
      for (const { model, from } of copied) {
        expect(ranked.get(model)).toBeGreaterThanOrEqual(7);
        expect(ranked.get(from)).toBeLessThanOrEqual(2);
        const moved = explores(events).find((event) => event.step === step && event.model === model);
        expect(moved).toMatchObject({ key: "optimizer.lr", before: ranks[from]?.values["optimizer.lr"] });
        expect(ranksAt(events, step + 10)[model]?.values["optimizer.lr"]).toBe(moved?.after);
      }
      const kept = ranks.filter(({ model }) => !copied.some((copy) => copy.model === model));
      if (step < 60)
        for (const { model, values } of kept) expect(ranksAt(events, step + 10)[model]?.values).toEqual(values);
    }
  });

  test("right after an exploit a member's checkpoint has the bits of its source", async () => {
    const { events, checkpoints } = await whole;
    const first = checkpoints.find(({ metadata }) => metadata.step === "10" && metadata.evaluated === "true");
    const copies = exploits(events).filter(({ step }) => step === 10);
    expect(copies).toHaveLength(2);
    for (const { model, from } of copies) {
      let count = 0;
      for (const [name, { data }] of first?.tensors ?? []) {
        if (!name.startsWith(`member.${model}.`)) continue;
        const source = first?.tensors.get(name.replace(/^member\.\d+/, `member.${from}`))?.data;
        expectSameBits(data as Float32Array, source as Float32Array, name);
        count++;
      }
      expect(count).toBe(8); // four parameters, and the velocity of each
    }
  });

  test("the best member's figures end the run, those on the test set among them", async () => {
    const { events } = await whole;
    const best = ranksAt(events, 60).find(({ rank }) => rank === 1);
    const done = events.at(-1);
    if (done?.event !== "done") throw new Error("no end");
    expect(done.winner).toBe(best?.model);
    expect(done.models).toHaveLength(1);
    expect(done.models[0]).toMatchObject({ seed: 3 + (best?.model ?? 0), val_loss: best?.val_loss });
    expect(done.models[0]?.test_accuracy).toBeGreaterThan(0.8);
    // Nothing before says anything of the test set.
    expect(events.slice(0, -1).some((event) => "test_loss" in event)).toBe(false);
  });
});

test("the best member's lineage leads from a start to the end, over those that it is a copy of", async () => {
  const { events } = await whole;
  const done = events.at(-1);
  const winner = done?.event === "done" ? (done.winner ?? -1) : -1;
  const lineage = lineageOf(events, winner);
  expect(lineage.map(({ step }) => step)).toEqual([10, 20, 30, 40, 50, 60]);
  expect(lineage.at(-1)?.model).toBe(winner);
  lineage.forEach(({ step, model, values }, i) => {
    expect(values).toEqual(ranksAt(events, step)[model]?.values);
    const next = lineage[i + 1];
    if (!next) return;
    const copied = exploits(events).find((event) => event.step === step && event.model === next.model);
    expect(model).toBe(copied?.from ?? next.model);
  });
  expect(takeovers(events, winner)).toEqual(exploits(events).filter(({ model }) => model === winner));
});

describe("the same decisions and bits", () => {
  test("for the same seed, and others for another", async () => {
    const [first, again, other] = [await whole, await run(), await run(base, { seed: 9 })];
    expect(decisionsOf(again.events)).toEqual(decisionsOf(first.events));
    expectSameTensors(again.end, first.end);
    expect(decisionsOf(other.events)).not.toEqual(decisionsOf(first.events));
  });

  test("where a run goes on from a checkpoint: at a decision, inside an interval, and before a decision", async () => {
    const first = await whole;
    const decided = first.checkpoints.find(({ metadata }) => metadata.step === "30" && metadata.evaluated === "true");
    for (const contents of [decided, await aborted(41), await aborted(50)]) {
      if (!contents) throw new Error("no checkpoint");
      const before = eventsUntil(first.events, positionOf(contents, "kept"));
      expect(before.length).toBeGreaterThan(8);
      const resumed = await run(base, {}, { resumeFrom: { file: "kept", contents } });
      expect([...decisionsOf(before), ...decisionsOf(resumed.events)]).toEqual(decisionsOf(first.events));
      expectSameTensors(resumed.end, first.end);
    }
    expect(positionOf(await aborted(50), "kept")).toMatchObject({ step: 50, evaluated: false });
  });

  /** The checkpoint of a run that is aborted once it is known to be at a step. */
  async function aborted(step: number): Promise<Safetensors> {
    const abort = new AbortController();
    const kept: Safetensors[] = [];
    const onCheckpoint = ({ tensors, metadata }: Safetensors) => {
      kept.push(readSafetensors(writeSafetensors(tensors, metadata), "kept"));
    };
    const onProgress = (progress: { step: number }) => {
      if (progress.step >= step) abort.abort(new Error("enough"));
    };
    await expect(run(base, {}, { signal: abort.signal, onCheckpoint, onProgress })).rejects.toThrow("enough");
    return kept.at(-1) as Safetensors;
  }
});

test("decisions hear of validation samples alone", async () => {
  const first = await whole;
  const { test: split, ...rest } = dataset;
  const others = { ...rest, test: { ...split, labels: split.labels.map((label) => (label + 1) % 10) } };
  const { events } = await run(base, {}, {}, STARTS, others);
  expect(decisionsOf(events)).toEqual(decisionsOf(first.events));
  const [a, b] = [events.at(-1), first.events.at(-1)];
  if (a?.event !== "done" || b?.event !== "done") throw new Error("no end");
  expect(a.models[0]?.test_accuracy).not.toBe(b.models[0]?.test_accuracy);
});

function expectSameTensors(got: Safetensors, expected: Safetensors): void {
  expect(got.metadata.vary_rows).toBe(expected.metadata.vary_rows);
  expect([...got.tensors.keys()]).toEqual([...expected.tensors.keys()]);
  for (const [name, { data }] of expected.tensors) {
    expectSameBits(got.tensors.get(name)?.data as Float32Array, data as Float32Array, name);
  }
}
