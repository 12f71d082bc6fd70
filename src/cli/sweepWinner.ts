import { join } from "node:path";
import { files, makeRunFolder, writeFileAtomic } from "#platform";
import type { Dataset } from "../data/dataset.ts";
import type { Gpu } from "../gpu/device.ts";
import { jsonLine } from "../io/runLog.ts";
import { writeSafetensors } from "../io/safetensors.ts";
import { spread } from "../lab/compare/statistics.ts";
import type { SettingResult } from "../lab/sweep/results.ts";
import { bestOf } from "../train/best.ts";
import { parseRecipe } from "../train/recipe.ts";
import type { TilingSetting } from "../train/selectTiling.ts";
import { train } from "../train/train.ts";
import { BEST, CHECKPOINT, RECIPE } from "./resume.ts";

/** The best setting on the test set. */
export interface WinnerTest {
  /** Of its trials. */
  readonly keys: readonly string[];
  /** Means over the seeds, and the deviation of the accuracy. */
  readonly accuracy: number;
  readonly deviation: number;
  readonly loss: number;
  readonly models: readonly { readonly seed: number; readonly test_accuracy: number; readonly test_loss: number }[];
}

/**
 * Trains the best setting once more, to the bits of its trials, and tells its figures on the test set, which nothing before has
 * seen. The run's folder has its checkpoint. One that is there already is not made again.
 */
export async function testWinner(
  gpu: Gpu,
  dataset: Dataset,
  winner: SettingResult,
  { folder, tiling, signal }: { readonly folder: string; readonly tiling: TilingSetting; readonly signal: AbortSignal },
): Promise<WinnerTest> {
  const keys = winner.trials.map(({ key }) => key);
  const path = join(folder, "test.json");
  if (await files.exists(path)) {
    const found = JSON.parse(new TextDecoder().decode(await files.read(path))) as WinnerTest;
    if (JSON.stringify(found.keys) === JSON.stringify(keys)) return found;
  }
  await makeRunFolder(folder);
  const recipe = parseRecipe({ ...winner.recipe, population: keys.length });
  await writeFileAtomic(join(folder, RECIPE), `${JSON.stringify(recipe, null, 2)}\n`);
  let test: WinnerTest | undefined;
  const options = {
    ...{ adapter: gpu, dataset, tiling, signal, ensemble: false, logEvery: 1_000_000 },
    async onCheckpoint({ tensors, metadata }: Parameters<typeof bestOf>[0]) {
      const best = bestOf({ tensors, metadata });
      if (best) await writeFileAtomic(join(folder, BEST), writeSafetensors(best.tensors, best.metadata));
      await writeFileAtomic(join(folder, CHECKPOINT), writeSafetensors(tensors, metadata));
    },
  };
  for await (const event of train(recipe, options)) {
    if (event.event !== "done") continue;
    const models = event.models.map(({ seed, test_accuracy = Number.NaN, test_loss }) => ({
      ...{ seed, test_accuracy, test_loss },
    }));
    const { mean, deviation } = spread(models.map(({ test_accuracy }) => test_accuracy));
    const loss = spread(models.map(({ test_loss }) => test_loss)).mean;
    test = { keys, accuracy: mean, deviation, loss, models };
  }
  if (!test) throw new Error("the run came to no end");
  await writeFileAtomic(path, `${jsonLine(test)}\n`);
  return test;
}
