import { describe, expect, test } from "vitest";
import type { Gpu } from "../../src/gpu/device.ts";
import type { EvalEvent } from "../../src/io/runLog.ts";
import type { Safetensors } from "../../src/io/safetensors.ts";
import type { RecipeInput } from "../../src/train/recipe.ts";
import { train } from "../../src/train/train.ts";
import { syntheticDataset } from "../support/dataset.ts";
import { useGpu } from "../support/gpu.ts";
import { expectSameBits, startSession, trainSteps } from "../support/session.ts";

// The promise: member m's numbers are those of the same recipe trained alone, to the bit.

const gpuOf = useGpu();
const dataset = syntheticDataset({ train: 330, test: 50 });

// Four steps an epoch, the last one of 30 samples; the run ends inside the third epoch.
const base = { hidden: [16, 8], batch_size: 100, steps: 10, seed: 5 } satisfies RecipeInput;

/** What a run leaves of each model: its losses step by step, its evaluations, and all its tensors. */
interface Model {
  readonly losses: readonly number[];
  readonly evaluations: readonly Omit<EvalEvent, "model">[];
  readonly tensors: ReadonlyMap<string, Float32Array>;
}

async function runModels(gpu: Gpu, recipe: RecipeInput, members: number): Promise<Model[]> {
  const losses: number[][] = Array.from({ length: members }, () => []);
  const evaluations: Omit<EvalEvent, "model">[][] = Array.from({ length: members }, () => []);
  let checkpoint: Safetensors | undefined;
  const onCheckpoint = (saved: Safetensors) => {
    checkpoint = saved;
  };
  for await (const event of train(recipe, { adapter: gpu, dataset, logEvery: 1, onCheckpoint })) {
    if (event.event === "step") losses[event.model]?.push(event.loss);
    if (event.event !== "eval") continue;
    const { model, ...rest } = event;
    evaluations[model]?.push(rest);
  }
  return losses.map((own, m) => ({
    losses: own,
    evaluations: evaluations[m] ?? [],
    tensors: tensorsOf(checkpoint, members > 1 ? `member.${m}.` : ""),
  }));
}

/** The tensors behind a prefix, by the rest of their names. */
function tensorsOf(checkpoint: Safetensors | undefined, prefix: string): Map<string, Float32Array> {
  const own = [...(checkpoint?.tensors ?? [])].filter(([name]) => name.startsWith(prefix));
  return new Map(own.map(([name, { data }]) => [name.slice(prefix.length), data as Float32Array]));
}

function expectSame(got: Model | undefined, expected: Model | undefined, what: string): void {
  expect(got?.losses).toEqual(expected?.losses);
  expect(got?.evaluations).toEqual(expected?.evaluations);
  expect([...(got?.tensors.keys() ?? [])]).toEqual([...(expected?.tensors.keys() ?? [])]);
  for (const [name, values] of expected?.tensors ?? []) {
    expectSameBits(got?.tensors.get(name) as Float32Array, values, `${what}, ${name}`);
  }
}

const optimizers = [
  { name: "adam", lr: 0.01 },
  { name: "momentum", lr: 0.05 },
  { name: "rmsprop", lr: 0.005, centered: true, momentum: 0.5 },
] as const;

describe.each(optimizers)("$name", (optimizer) => {
  test("population: every member equals the recipe alone with its seed", async () => {
    const gpu = await gpuOf();
    const members = await runModels(gpu, { ...base, optimizer, population: 3 }, 3);
    for (const [m, member] of members.entries()) {
      const [alone] = await runModels(gpu, { ...base, optimizer, seed: base.seed + m }, 1);
      expect(member.losses).toHaveLength(10);
      expect(member.evaluations.map(({ step }) => step)).toEqual([4, 8, 10]);
      const names = [...member.tensors.keys()];
      expect(names).toContain("fc3.bias");
      expect(names.filter((name) => name.startsWith("optim."))).not.toEqual([]);
      expectSame(member, alone, `member ${m}`);
    }
    expect(members[0]?.losses).not.toEqual(members[1]?.losses);
  });

  test("vary: every member equals the recipe alone with its value", async () => {
    const gpu = await gpuOf();
    const values = [0.001, 0.01, 0.1];
    const members = await runModels(gpu, { ...base, optimizer, vary: { key: "lr", values } }, 3);
    for (const [m, lr] of values.entries()) {
      const [alone] = await runModels(gpu, { ...base, optimizer: { ...optimizer, lr } }, 1);
      expectSame(members[m], alone, `member ${m}`);
    }
    // All start from the same seed, so that their first loss is the same.
    expect(new Set(members.map(({ losses }) => losses[0])).size).toBe(1);
    expect(new Set(members.map(({ losses }) => losses[9])).size).toBe(3);
  });
});

test("the same recipe twice gives the same bits", async () => {
  const gpu = await gpuOf();
  const recipe = { ...base, population: 2 };
  const again = await runModels(gpu, recipe, 2);
  for (const [m, member] of (await runModels(gpu, recipe, 2)).entries()) expectSame(again[m], member, `member ${m}`);
});

test("a member that is switched off keeps its bits, the others go on as if alone", async () => {
  const gpu = await gpuOf();
  const session = await startSession(gpu, { ...base, population: 3 }, dataset);
  await trainSteps(session, 0, 5, 3);
  session.enabled[1] = false;
  await trainSteps(session, 5, 10, 3);
  const { plan } = session;
  const arenas = { params: await session.read("params"), state: await session.read("state") };
  session.destroy();
  for (const m of plan.members.keys()) {
    const alone = await startSession(gpu, { ...base, seed: base.seed + m }, dataset);
    await trainSteps(alone, 0, m === 1 ? 5 : 10, 2);
    for (const arena of ["params", "state"] as const) {
      const size = arenas[arena].length / plan.members.length;
      const part = arenas[arena].subarray(m * size, (m + 1) * size);
      expectSameBits(part, await alone.read(arena), `${arena} of member ${m}`);
    }
    alone.destroy();
  }
});
