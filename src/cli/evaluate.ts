import { Command } from "commander";
import { files } from "#platform";
import { loadDataset } from "../data/dataset.ts";
import { openGpu } from "../gpu/device.ts";
import { chooseTiling } from "../gpu/tiling.ts";
import { jsonLine } from "../io/runLog.ts";
import { readSafetensors } from "../io/safetensors.ts";
import { recipeOfCheckpoint, restoreParameters } from "../train/checkpoint.ts";
import { makePlan } from "../train/plan.ts";
import { openSession } from "../train/session.ts";
import { evaluateTest } from "../train/submits.ts";
import { shapeOf } from "../train/train.ts";
import { adapterSummary } from "../train/trainer.ts";
import { percent } from "./progress.ts";
import { addAdapterOption, parseText } from "./recipeOptions.ts";

/** `downhill evaluate` */
export function evaluateCommand(): Command {
  return addAdapterOption(new Command("evaluate"))
    .argument("<CHECKPOINT>", "a checkpoint.safetensors, the folder of a run, or other parameters under the same names")
    .description("evaluate a checkpoint on the test set")
    .option("--data <mnist|DIR>", "the data set (default: the run's own, else mnist)", parseText)
    .option("--json", "print one JSON line")
    .addHelpText("after", "\nExample:\n  downhill evaluate runs/first/checkpoint.safetensors --data mnist")
    .action(async (path: string, flags: { data?: string; adapter: string; json?: boolean }) => {
      const inside = `${path.replace(/\/+$/, "")}/checkpoint.safetensors`;
      const file = (await files.exists(inside)) ? inside : path;
      const checkpoint = readSafetensors(await files.read(file), file);
      const recipe = recipeOfCheckpoint(checkpoint, file, flags.data);
      const dataset = await loadDataset(recipe.data, files);
      const gpu = await openGpu(flags.adapter);
      try {
        const plan = makePlan(recipe, shapeOf(dataset), chooseTiling(gpu));
        const session = await openSession(gpu, plan);
        await session.prepare(["evaluate"]);
        session.uploadTest(dataset.test);
        restoreParameters(session, checkpoint, file);
        const results = await evaluateTest(session);
        session.destroy();
        const models = results.map(({ loss, hits }) => ({ test_loss: loss, test_accuracy: hits / dataset.test.count }));
        if (flags.json) {
          process.stdout.write(`${jsonLine({ adapter: adapterSummary(gpu), data: recipe.data, models })}\n`);
          return;
        }
        process.stdout.write(`adapter: ${gpu.adapter.name}\n`);
        for (const [m, { test_loss, test_accuracy }] of models.entries()) {
          const who = models.length > 1 ? `member ${m}: ` : "";
          process.stdout.write(`${who}test accuracy ${percent(test_accuracy)}, test loss ${test_loss.toFixed(4)}\n`);
        }
      } finally {
        gpu.destroy();
      }
    });
}
