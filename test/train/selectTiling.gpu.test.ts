import { describe, expect, test } from "vitest";
import type { TextCache } from "#platform";
import type { Gpu } from "../../src/gpu/device.ts";
import { chooseTiling, plainTiling, type Tiling } from "../../src/gpu/tiling.ts";
import { choiceOf, classOf, familyOf, type TilingChoice } from "../../src/gpu/tilingChoice.ts";
import { tilingCandidates, tilingFamilies } from "../../src/gpu/tilingFamilies.ts";
import type { StartEvent } from "../../src/io/runLog.ts";
import type { Safetensors } from "../../src/io/safetensors.ts";
import { kernelsOfCheckpoint } from "../../src/train/checkpointPosition.ts";
import { parseRecipe, type RecipeInput } from "../../src/train/recipe.ts";
import { selectTiling, type TilingSetting, type Timed } from "../../src/train/selectTiling.ts";
import { shapeOf, train } from "../../src/train/train.ts";
import { familiesFor, type Times, type Work, workClass, workOf } from "../../src/train/tuning.ts";
import { timeWork } from "../../src/train/workTimes.ts";
import { syntheticDataset } from "../support/dataset.ts";
import { useGpu } from "../support/gpu.ts";
import { expectSameBits } from "../support/session.ts";

const gpuOf = useGpu();
const dataset = syntheticDataset({ train: 330, test: 50 });
const shape = shapeOf(dataset);
const RECIPE = { hidden: [16, 8], batch_size: 100, steps: 8, seed: 5 } satisfies RecipeInput;

/** The open device as one of a GPU: it tunes by itself, and every family is a candidate. */
const asHardware = (gpu: Gpu): Gpu => ({ ...gpu, adapter: { ...gpu.adapter, kind: "hardware" } });

/** A cache of this test alone. */
function memory(start?: string): TextCache & { text: string | undefined } {
  return {
    text: start,
    async read() {
      return this.text;
    },
    async update(_, change) {
      this.text = change(this.text);
    },
  };
}

/** Times by which one family is faster than all others, at the products that `wins` picks; and what was asked for. */
function timesWhere(winner: string, wins: (name: string) => boolean = () => true) {
  const asked: string[][] = [];
  const time = async (_: Gpu, work: readonly Work[], families: readonly Tiling[]): Promise<Timed> => {
    asked.push(work.map(workClass));
    const timesOf = (one: Work) =>
      familiesFor(one, families).map(({ name }) => {
        if (one.op === "gather") return [name, 0.1] as const; // so that it decides nothing
        return [name, name === winner && wins(workClass(one)) ? 5 : 10] as const;
      });
    return {
      times: Object.fromEntries(work.map((one) => [workClass(one), Object.fromEntries(timesOf(one))])),
      problems: [],
    };
  };
  return { time, asked };
}

const never = async (): Promise<Timed> => {
  throw new Error("nothing should be timed");
};

const select = (
  gpu: Gpu,
  setting?: TilingSetting,
  parts: Parameters<typeof selectTiling>[4] = {},
  recipe: RecipeInput = RECIPE,
) => selectTiling(gpu, parseRecipe(recipe), shape, setting, { cache: memory(), ...parts });

/** The default family first; a GPU has at least one more. */
const namesOf = (gpu: Gpu) => tilingFamilies(gpu).map(({ name }) => name) as [string, string, ...string[]];

describe("auto", () => {
  test("on a software adapter is the default, and times nothing", async () => {
    const gpu = await gpuOf();
    const software: Gpu = { ...gpu, adapter: { ...gpu.adapter, kind: "software" } };
    expect((await select(software, undefined, { time: never })).name).toBe(chooseTiling(software).name);
  });

  test("on a software adapter that was tuned is what that found", async () => {
    const gpu = await gpuOf();
    const software: Gpu = { ...gpu, adapter: { ...gpu.adapter, kind: "software" } };
    const [, other] = tilingCandidates(software).map(({ name }) => name);
    if (other === undefined) return; // an adapter without subgroups has one family alone
    const cache = memory();
    const tuned = await select(software, "tune", { cache, time: timesWhere(other).time });
    expect(tuned.name).toContain(`+${other}`);
    expect(choiceOf(await select(software, "auto", { cache, time: never }))).toEqual(choiceOf(tuned));
  });

  test("on a GPU times every class once: the next run finds its times, another recipe adds its own", async () => {
    const gpu = asHardware(await gpuOf());
    const [, winner] = namesOf(gpu);
    const [cache, { time, asked }] = [memory(), timesWhere(winner)];
    const first = await select(gpu, "auto", { cache, time });
    expect(first.name).toContain(winner);
    expect(asked).toHaveLength(1);
    expect(asked[0]).toContain("forward 16x8 rows 100 f32");
    expect(choiceOf(await select(gpu, "auto", { cache, time: never }))).toEqual(choiceOf(first));
    await select(gpu, "auto", { cache, time }, { ...RECIPE, hidden: [16, 9] });
    expect(asked[1]).toContain("forward 16x9 rows 100 f32");
    expect(asked[1]).not.toContain("forward 784x16 rows 100 u8");
  });

  test("does not depend on the population: its kernels are those of a member alone", async () => {
    const gpu = asHardware(await gpuOf());
    const [, winner] = namesOf(gpu);
    const { time, asked } = timesWhere(winner, (name) => name.startsWith("forward"));
    const alone = await select(gpu, "auto", { time });
    const many = await select(gpu, "auto", { time }, { ...RECIPE, population: 50 });
    const varied = await select(gpu, "auto", { time }, { ...RECIPE, vary: { key: "lr", values: [0.1, 0.2] } });
    expect([choiceOf(many), choiceOf(varied)]).toEqual([choiceOf(alone), choiceOf(alone)]);
    expect(asked[1]).toEqual(asked[0]);
  });

  test("of two runs that time at once, both take what the first has kept", async () => {
    const gpu = asHardware(await gpuOf());
    const [base, winner] = namesOf(gpu);
    const cache = memory();
    const { time } = timesWhere(winner);
    // While this run times its candidates, another one ends.
    const slower = async (...given: Parameters<typeof time>) => {
      await select(gpu, "auto", { cache, time });
      return timesWhere(base).time(...given);
    };
    const own = await select(gpu, "auto", { cache, time: slower });
    expect(own.name).toContain(winner);
    expect(choiceOf(await select(gpu, "auto", { cache, time: never }))).toEqual(choiceOf(own));
  });
});

describe("the cache", () => {
  test.each([
    ["no JSON", "{"],
    ["of another form", '{"downhill":1,"adapters":[]}'],
    ["of another version", '{"downhill":"0.0.0-other","adapters":{}}'],
  ])("that is %s is measured anew and written over", async (_, text) => {
    const gpu = asHardware(await gpuOf());
    const [, winner] = namesOf(gpu);
    const cache = memory(text);
    const tiling = await select(gpu, "auto", { cache, time: timesWhere(winner).time });
    expect(tiling.name).toContain(winner);
    expect((await select(gpu, "auto", { cache, time: never })).name).toBe(tiling.name);
  });

  test("that keeps nothing leaves each run to time for itself", async () => {
    const gpu = asHardware(await gpuOf());
    const [, winner] = namesOf(gpu);
    const cache: TextCache = { read: async () => undefined, update: async (_, change) => void change(undefined) };
    const { time, asked } = timesWhere(winner);
    for (let run = 0; run < 2; run++) expect((await select(gpu, "auto", { cache, time })).name).toContain(winner);
    expect(asked).toHaveLength(2);
  });

  test("is kept apart by adapter and driver", async () => {
    const gpu = asHardware(await gpuOf());
    const [, winner] = namesOf(gpu);
    const [cache, { time, asked }] = [memory(), timesWhere(winner)];
    await select(gpu, "auto", { cache, time });
    const adapters = [
      { ...gpu.adapter, driver: "a newer driver" },
      { ...gpu.adapter, name: "another" },
      { ...gpu.adapter, backend: "another" },
    ];
    for (const adapter of adapters) await select({ ...gpu, adapter }, "auto", { cache, time });
    expect(asked).toHaveLength(4);
    await select(gpu, "auto", { cache, time: never });
  });

  test("tune times again and replaces what is there", async () => {
    const gpu = asHardware(await gpuOf());
    const [base, winner] = namesOf(gpu);
    const cache = memory();
    await select(gpu, "auto", { cache, time: timesWhere(winner).time });
    expect((await select(gpu, "tune", { cache, time: timesWhere(base).time })).name).toBe(base);
    expect((await select(gpu, "auto", { cache, time: never })).name).toBe(base);
  });
});

describe("a setting that times nothing", () => {
  test("deterministic is the default, whatever was timed", async () => {
    const gpu = asHardware(await gpuOf());
    const cache = memory();
    await select(gpu, "auto", { cache, time: timesWhere(namesOf(gpu)[1]).time });
    expect((await select(gpu, "deterministic", { cache, time: never })).name).toBe(chooseTiling(gpu).name);
  });

  test("a name pins that family; an unknown one is an error with the names", async () => {
    const gpu = await gpuOf();
    for (const name of namesOf(gpu)) expect((await select(gpu, name, { time: never })).name).toBe(name);
    await expect(select(gpu, "plian", { time: never })).rejects.toThrow(
      `tiling: no family of kernels is named "plian" (did you mean "plain"?); this adapter has ${namesOf(gpu).join(", ")}`,
    );
  });

  test("a choice from an adapter with other families gives way to the adapter's own, and says so", async () => {
    const gpu = await gpuOf();
    const choice: TilingChoice = { ...choiceOf(plainTiling), kernels: { "forward 1x1 rows 1 f32": "subgroup-64" } };
    const tiling = await select(gpu, choice);
    expect(tiling.name).toBe(chooseTiling(gpu).name);
    expect(tiling.note).toContain("this adapter has no subgroup-64 kernels, which the run had: it goes on with ");
    expect((await select(gpu, { ...choice, kernels: {} }, { time: never })).note).toBeUndefined();
  });
});

describe("timing", () => {
  const TINY = parseRecipe({ hidden: [5], batch_size: 3, steps: 1 });

  test("real kernels gives a time for each class and family, and a choice that can run", async () => {
    const gpu = await gpuOf();
    const families = tilingCandidates(gpu);
    const work = workOf(TINY, shape, { ...chooseTiling(gpu), fusesGather: false });
    const { times, problems } = await timeWork(gpu, work, families);
    expect(problems).toEqual([]);
    expect(Object.keys(times).sort()).toEqual(work.map(workClass).sort());
    for (const one of work) {
      const own = times[workClass(one)] ?? {};
      expect(Object.keys(own).sort()).toEqual(
        familiesFor(one, families)
          .map(({ name }) => name)
          .sort(),
      );
      for (const time of Object.values(own)) expect(time).toBeGreaterThan(0);
    }
    const tiling = await selectTiling(gpu, TINY, shape, "tune", { cache: memory() });
    const names = namesOf(gpu);
    for (const one of work) if (one.op !== "gather") expect(names).toContain(familyOf(choiceOf(tiling), one));
  });

  test("leaves out a kernel that the device refuses or that computes something else, and says so", async () => {
    const gpu = await gpuOf();
    const broken: Tiling = {
      ...plainTiling,
      name: "broken",
      forward: (size) => ({ ...plainTiling.forward(size), shader: "nn/dense_shape.wgsl" }),
      backwardInput: (size) => ({ ...plainTiling.backwardInput(size), workgroups: [1, 1] }),
    };
    const product = { k: 64, n: 8, rows: 20, input: "f32", accumulates: false } as const;
    const work = (["forward", "backwardInput", "backwardWeights"] as const).map((op) => ({ op, ...product }));
    const { times, problems } = await timeWork(gpu, work, [plainTiling, broken]);
    const brokenTimes = work.map((one) => (times as Times)[classOf(one)]?.broken);
    expect(brokenTimes).toEqual([null, null, expect.any(Number)]);
    expect(problems).toEqual([
      expect.stringMatching(
        /^broken kernels are not used for forward 64x8 rows 20 f32: shaders\/nn\/dense_shape\.wgsl/,
      ),
      "broken kernels are not used for input gradient 64x8 rows 20 f32: they compute something else than plain",
    ]);
    gpu.check();
  });

  test("leaves out what the device cannot hold", async () => {
    const huge = { op: "forward", k: 2 ** 20, n: 2 ** 20, rows: 1, input: "f32", accumulates: false } as const;
    expect(await timeWork(await gpuOf(), [huge], [plainTiling])).toEqual({ times: {}, problems: [] });
  });
});

describe("a run with tuned kernels", () => {
  /** The default family, but for every second product. */
  function mixedChoice(gpu: Gpu): TilingChoice {
    const [base, other] = tilingFamilies(gpu) as readonly [Tiling, Tiling];
    const products = workOf(parseRecipe(RECIPE), shape, base).map(workClass);
    const kernels = Object.fromEntries(products.flatMap((name, i) => (i % 2 === 0 ? [[name, other.name]] : [])));
    return { ...choiceOf(base), kernels };
  }

  async function run(gpu: Gpu, recipe: RecipeInput, options: Parameters<typeof train>[1] = {}) {
    let checkpoint: Safetensors | undefined;
    let start: StartEvent | undefined;
    const onCheckpoint = (saved: Safetensors) => {
      checkpoint = saved;
    };
    for await (const event of train(recipe, { adapter: gpu, dataset, onCheckpoint, ...options })) {
      if (event.event === "start") start = event;
    }
    return { checkpoint: checkpoint as Safetensors, start: start as StartEvent };
  }

  function expectSameTensors(got: Safetensors, expected: Safetensors, prefix = ""): void {
    for (const [name, { data }] of expected.tensors) {
      expectSameBits(got.tensors.get(`${prefix}${name}`)?.data as Float32Array, data as Float32Array, prefix + name);
    }
  }

  test("a member keeps the bits of its solo run", async () => {
    const gpu = await gpuOf();
    const tiling = mixedChoice(gpu);
    const members = await run(gpu, { ...RECIPE, population: 3 }, { tiling });
    for (const m of [0, 1, 2]) {
      const alone = await run(gpu, { ...RECIPE, seed: RECIPE.seed + m }, { tiling });
      expectSameTensors(members.checkpoint, alone.checkpoint, `member.${m}.`);
    }
  });

  test("its checkpoint keeps the choice: a resumed run takes the same kernels to the same bits", async () => {
    const gpu = await gpuOf();
    const choice = mixedChoice(gpu);
    const whole = await run(gpu, RECIPE, { tiling: choice });
    const half = await run(gpu, { ...RECIPE, steps: 3 }, { tiling: choice });
    expect(kernelsOfCheckpoint(half.checkpoint, "half")).toEqual(choice);
    const resumed = await run(gpu, RECIPE, { resumeFrom: { file: "half", contents: half.checkpoint } });
    expect(resumed.start.kernels).toBe(whole.start.kernels);
    expect(resumed.start.kernels).toContain("+");
    expect(resumed.start.note).toBeUndefined();
    expect(kernelsOfCheckpoint(resumed.checkpoint, "resumed")).toEqual(choice);
    expectSameTensors(resumed.checkpoint, whole.checkpoint);
  });

  test("goes on elsewhere with a note, and from an older checkpoint with the default", async () => {
    const gpu = await gpuOf();
    const { checkpoint } = await run(gpu, { ...RECIPE, steps: 3 });
    const withKernels = (kernels: object | undefined): Safetensors => {
      const { kernels: _, ...metadata } = checkpoint.metadata;
      return { ...checkpoint, metadata: { ...metadata, ...(kernels && { kernels: JSON.stringify(kernels) }) } };
    };
    const resume = (contents: Safetensors) => run(gpu, RECIPE, { resumeFrom: { file: "file", contents } });
    const foreign = await resume(withKernels({ ...choiceOf(plainTiling), base: "subgroup-64" }));
    expect(foreign.start.note).toContain("this adapter has no subgroup-64 kernels");
    const older = await resume(withKernels(undefined));
    expect([older.start.kernels, older.start.note]).toEqual([chooseTiling(gpu).name, undefined]);
    await expect(resume(withKernels({ version: 2 }))).rejects.toThrow(
      "file: the kernels in its metadata cannot be read",
    );
  });
});
