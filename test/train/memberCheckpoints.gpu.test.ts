import { expect, test } from "vitest";
import type { EvalEvent } from "../../src/io/runLog.ts";
import { readSafetensors, type Safetensors, writeSafetensors } from "../../src/io/safetensors.ts";
import { joinMembers } from "../../src/train/memberCheckpoints.ts";
import { parseRecipe, type RecipeInput } from "../../src/train/recipe.ts";
import { type TrainOptions, train } from "../../src/train/train.ts";
import { syntheticDataset } from "../support/dataset.ts";
import { useGpu } from "../support/gpu.ts";
import { expectSameBits } from "../support/session.ts";

const gpuOf = useGpu();
const dataset = syntheticDataset({ train: 120, test: 30, width: 8, height: 8 });
// With all that a checkpoint keeps of a member: slots, running statistics, memory, a schedule's state, the best weights.
const base = {
  hidden: [8],
  batch_norm: true,
  batch_size: 50,
  epochs: 4,
  validation: 20,
  seed: 5,
  optimizer: { name: "schedule_free_sgd", beta: 0.8 },
  schedule: { name: "reduce_on_plateau", patience: 1, monitor: "val_loss" },
} satisfies RecipeInput;
const STEPS_PER_EPOCH = 2;

/** Runs a recipe; gives the last checkpoint, that after `until` epochs, and the evaluations. */
async function run(recipe: RecipeInput, until: number, options: TrainOptions = {}) {
  const checkpoints = new Map<string, Safetensors>();
  const evaluations: EvalEvent[] = [];
  const onCheckpoint = ({ tensors, metadata }: Safetensors) => {
    const name = `${metadata.step} ${metadata.evaluated}`;
    checkpoints.set(name, readSafetensors(writeSafetensors(tensors, metadata), name));
  };
  const all = { adapter: await gpuOf(), dataset, checkpointEvery: STEPS_PER_EPOCH, onCheckpoint, ...options };
  for await (const event of train(recipe, all)) if (event.event === "eval") evaluations.push(event);
  const at = (epochs: number) => checkpoints.get(`${epochs * STEPS_PER_EPOCH} true`) as Safetensors;
  return { evaluations, end: at(base.epochs), half: at(until) };
}

test("members of several checkpoints go on in another population to the bits of their runs alone", async () => {
  const rows = [
    [1, 7],
    [0.5, 8],
    [2, 9],
  ];
  const recipeOf = (values: number[][]): RecipeInput => ({ ...base, vary: { keys: ["lr", "seed"], values } });
  const first = await run(recipeOf(rows), 2);
  const other = await run({ ...base, seed: 11 }, 2);
  const chosen = [[2, 9] as const, [1, 11] as const, [1, 7] as const].map((row) => [...row]);
  const recipe = parseRecipe(recipeOf(chosen));
  const contents = joinMembers(
    [
      { checkpoint: first.half, file: "first", member: 2 },
      { checkpoint: other.half, file: "other", member: 0 },
      { checkpoint: first.half, file: "first", member: 0 },
    ],
    recipe,
  );
  expect(JSON.parse(contents.metadata.memory ?? "[]")).toHaveLength(3);
  const joined = await run(recipe, 3, { resumeFrom: { file: "joined", contents } });
  for (const [m, [lr = 0, seed = 0]] of chosen.entries()) {
    const alone = await run({ ...base, seed, optimizer: { ...base.optimizer, lr } }, 2);
    const own = joined.evaluations.filter(({ model }) => model === m).map((event) => ({ ...event, model: 0 }));
    expect(own).toEqual(alone.evaluations.slice(2));
    for (const [name, { data }] of alone.end.tensors) {
      const found = joined.end.tensors.get(`member.${m}.${name}`)?.data;
      expectSameBits(found as Float32Array, data as Float32Array, `${name} of member ${m}`);
    }
  }
  // One of them by itself.
  const single = parseRecipe({ ...base, seed: 8, optimizer: { ...base.optimizer, lr: 0.5 } });
  const alone = joinMembers([{ checkpoint: first.half, file: "first", member: 1 }], single);
  const resumed = await run(single, 3, { resumeFrom: { file: "alone", contents: alone } });
  for (const [name, { data }] of resumed.end.tensors) {
    const found = first.end.tensors.get(`member.1.${name}`)?.data;
    expectSameBits(found as Float32Array, data as Float32Array, name);
  }
});

test("the columns of a table go along, and must be the same", () => {
  const tensors: Safetensors["tensors"] = new Map([["fc1.bias", { shape: [1], data: Float32Array.of(1) }]]);
  const source = (table: string) => ({ checkpoint: { tensors, metadata: { table } }, file: table, member: 0 });
  const recipe = parseRecipe(base);
  expect(joinMembers([source("a"), source("a")], recipe).metadata.table).toBe("a");
  expect(() => joinMembers([source("a"), source("b")], recipe)).toThrow('b: it has another "table" than a');
});

test("what is not at one step, or not there, is refused", async () => {
  const { half, end } = await run({ ...base, population: 2 }, 2);
  const recipe = parseRecipe(base);
  const join = (...sources: [Safetensors, number][]) =>
    joinMembers(
      sources.map(([checkpoint, member], i) => ({ checkpoint, file: `file ${i}`, member })),
      recipe,
    );
  expect(() => join([half, 0], [end, 0])).toThrow('file 1: it has another "step" than file 0');
  expect(() => join([half, 2])).toThrow("file 0: it has no member 2");
  const [single] = [join([half, 0])];
  expect(() => join([single, 1])).toThrow("file 0: it has no member 1");
});
