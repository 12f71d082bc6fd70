import { Command } from "commander";
import { files } from "#platform";
import { loadDataset } from "../data/dataset.ts";
import { openGpu } from "../gpu/device.ts";
import { jsonLine } from "../io/runLog.ts";
import { readSafetensors } from "../io/safetensors.ts";
import { evaluationOf } from "../lab/evaluation.ts";
import { restoreForEvaluation } from "../train/checkpoint.ts";
import { kernelsOfCheckpoint, recipeOfCheckpoint } from "../train/checkpointPosition.ts";
import { makePlan } from "../train/plan.ts";
import { ensembleOf, isEnsemble, type Predictions, predictTest } from "../train/predict.ts";
import { selectTiling } from "../train/selectTiling.ts";
import { openSession } from "../train/session.ts";
import { evaluateTest } from "../train/submits.ts";
import { shapeOf } from "../train/train.ts";
import { adapterSummary } from "../train/trainer.ts";
import { evaluationReport } from "./evaluationReport.ts";
import { addAdapterOption, parseText } from "./recipeOptions.ts";

interface EvaluateFlags {
  readonly data?: string;
  readonly adapter: string;
  readonly ensemble?: boolean;
  readonly json?: boolean;
}

/** `downhill evaluate` */
export function evaluateCommand(): Command {
  return addAdapterOption(new Command("evaluate"))
    .argument("<CHECKPOINT>", "a checkpoint.safetensors, the folder of a run, or other parameters under the same names")
    .description(
      "evaluate a checkpoint on the test set: accuracy, loss, confusion matrix, precision, recall, calibration",
    )
    .option("--data <mnist|DIR>", "the data set (default: the run's own, else mnist)", parseText)
    .option("--ensemble", "put the members together also where vary made them differ in more than their seeds")
    .option("--json", "print one JSON line")
    .addHelpText("after", "\nExample:\n  downhill evaluate runs/first/checkpoint.safetensors --data mnist")
    .action(async (path: string, flags: EvaluateFlags) => {
      const inside = `${path.replace(/\/+$/, "")}/checkpoint.safetensors`;
      const file = (await files.exists(inside)) ? inside : path;
      const checkpoint = readSafetensors(await files.read(file), file);
      const recipe = recipeOfCheckpoint(checkpoint, file, flags.data);
      const dataset = await loadDataset(recipe.data, files);
      const gpu = await openGpu(flags.adapter);
      try {
        const kernels = kernelsOfCheckpoint(checkpoint, file);
        const plan = makePlan(recipe, shapeOf(dataset), await selectTiling(gpu, recipe, shapeOf(dataset), kernels));
        if (plan.note !== undefined) process.stderr.write(`note: ${plan.note}\n`);
        const session = await openSession(gpu, plan);
        await session.prepare(["view", "evaluate"]);
        session.uploadTest(dataset.test);
        restoreForEvaluation(session, checkpoint, file);
        const results = await evaluateTest(session);
        const predictions = (await predictTest(gpu, session)) as Predictions;
        session.destroy();
        // Loss and accuracy are those that training gave: its kernels round otherwise than those that keep the logits.
        const models = results.map(({ loss, hits }) => ({ test_loss: loss, test_accuracy: hits / dataset.test.count }));
        const ensemble = flags.ensemble === true || isEnsemble(plan);
        const evaluation = evaluationOf(predictions, models, dataset.test.classes, ensemble);
        const together = evaluation.ensembles && { ensemble: ensembleOf(predictions, "mean") };
        process.stdout.write(
          flags.json
            ? `${jsonLine({ adapter: adapterSummary(gpu), data: recipe.data, ...evaluation, ...together })}\n`
            : `adapter: ${gpu.adapter.name}\n${evaluationReport(evaluation, recipe.vary?.key)}\n`,
        );
      } finally {
        gpu.destroy();
      }
    });
}
