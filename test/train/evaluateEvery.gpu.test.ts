import { expect, test } from "vitest";
import type { EvalEvent, RunEvent } from "../../src/io/runLog.ts";
import type { RecipeInput } from "../../src/train/recipe.ts";
import type { RunOptions } from "../../src/train/runOptions.ts";
import { train } from "../../src/train/train.ts";
import { syntheticDataset } from "../support/dataset.ts";
import { useGpu } from "../support/gpu.ts";

const gpuOf = useGpu();
const dataset = syntheticDataset({ train: 60, test: 20, width: 8, height: 8 });
// 6 steps an epoch, and an end inside the third; the schedule listens to evaluations.
const recipe: RecipeInput = {
  hidden: [8],
  batch_size: 10,
  steps: 15,
  population: 2,
  validation: 0,
  schedule: { name: "reduce_on_plateau", patience: 0, monitor: "train_loss" },
};

async function eventsOf(options: RunOptions): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of train(recipe, { adapter: await gpuOf(), dataset, logEvery: 1, ...options })) {
    events.push(event);
  }
  return events;
}

const evaluations = (events: readonly RunEvent[]) =>
  events.filter((event): event is EvalEvent => event.event === "eval" && event.model === 1);

test("evaluations inside an epoch come beside those at its end, and change nothing of the run", async () => {
  const [plain, often] = [await eventsOf({}), await eventsOf({ evaluateEvery: 4 })];
  expect(evaluations(plain).map(({ step }) => step)).toEqual([6, 12, 15]);
  // Every 4 steps, and once where that falls on an epoch's end.
  expect(evaluations(often).map(({ step, epoch }) => [step, epoch])).toEqual([
    [4, 1],
    [6, 1],
    [8, 2],
    [12, 2],
    [15, 3],
  ]);
  const rest = (events: readonly RunEvent[]) =>
    events.flatMap((event): object[] => {
      if (event.event === "start" || (event.event === "eval" && [4, 8].includes(event.step))) return [];
      return event.event === "done" ? [{ ...event, seconds: undefined }] : [event];
    });
  expect(rest(often)).toEqual(rest(plain));
  // The training loss is that of the epoch until there.
  const losses = often.flatMap((event) => (event.event === "step" && event.model === 1 ? [event.loss] : []));
  expect(evaluations(often)[2]?.train_loss).toBeCloseTo(((losses[6] ?? 0) + (losses[7] ?? 0)) / 2, 12);
});
