import { Command } from "commander";
import { files } from "#platform";
import { type Dataset, loadDataset } from "../data/dataset.ts";
import { type Gpu, openGpu } from "../gpu/device.ts";
import { jsonLine } from "../io/runLog.ts";
import { readSafetensors, type Safetensors } from "../io/safetensors.ts";
import { evaluationOf } from "../lab/evaluation.ts";
import { valueEvaluation } from "../lab/valueEvaluation.ts";
import { restoreForEvaluation } from "../train/checkpoint.ts";
import { kernelsOfCheckpoint, recipeOfCheckpoint } from "../train/checkpointPosition.ts";
import { tableOfCheckpoint } from "../train/checkpointTable.ts";
import { loadData, loadEvaluationTable } from "../train/data.ts";
import { testFigures, valueFigures } from "../train/figures.ts";
import { makePlan } from "../train/plan.ts";
import { ensembleOf, isEnsemble, type Predictions, predictTest } from "../train/predict.ts";
import { type PredictedValues, predictValues, valueEnsemble } from "../train/predictValues.ts";
import { selectTiling } from "../train/selectTiling.ts";
import { openSession, type Session } from "../train/session.ts";
import { evaluateTest } from "../train/submits.ts";
import { shapeOf } from "../train/train.ts";
import { adapterSummary } from "../train/trainer.ts";
import { varyName } from "../train/vary.ts";
import { evaluationReport } from "./evaluationReport.ts";
import { addAdapterOption } from "./recipeOptions.ts";
import { valueReport } from "./valueReport.ts";
import { parseText } from "./values.ts";

interface EvaluateFlags {
  readonly data?: string;
  readonly adapter: string;
  readonly ensemble?: boolean;
  readonly json?: boolean;
}

/** The data that a checkpoint was trained on, from which batch norm's statistics of averaged weights come. */
async function trainedOn(checkpoint: Safetensors, file: string, given: Dataset): Promise<Dataset> {
  const recipe = recipeOfCheckpoint(checkpoint, file);
  const table = tableOfCheckpoint(checkpoint, file);
  if (recipe.data === given.name) return given;
  return table ? loadEvaluationTable(recipe, files, table, undefined) : loadDataset(recipe.data, files);
}

/** The figures of a run on values, as text or for `--json`. */
async function evaluateValues(gpu: Gpu, session: Session, dataset: Dataset, combines: boolean) {
  const { recipe } = session.plan;
  const figures = valueFigures(dataset.test, dataset.table);
  const models = (await evaluateTest(session)).map((metrics) => testFigures(figures(metrics)));
  const predicted = (await predictValues(gpu, session)) as PredictedValues;
  const evaluation = valueEvaluation(predicted, models, dataset, combines);
  const together = evaluation.ensembles && { ensemble: valueEnsemble(predicted, dataset) };
  return {
    evaluation: { ...evaluation, ...together },
    text: valueReport(evaluation, recipe.vary && varyName(recipe.vary)),
  };
}

/** The figures of a run on classes. */
async function evaluateClasses(gpu: Gpu, session: Session, { test, table }: Dataset, combines: boolean) {
  const { recipe } = session.plan;
  const results = await evaluateTest(session);
  const predictions = (await predictTest(gpu, session)) as Predictions;
  // Loss and accuracy are those that training gave: its kernels round otherwise than those that keep the logits.
  const models = results.map(({ loss, hits }) => ({ test_loss: loss, test_accuracy: hits / test.count }));
  const evaluation = evaluationOf(predictions, models, test.classes, combines, recipe.loss.name);
  const together = evaluation.ensembles && { ensemble: ensembleOf(predictions, "mean", recipe.loss.name) };
  const names = table?.target.kind === "classes" ? table.target.classes : undefined;
  const text = evaluationReport(evaluation, recipe.vary && varyName(recipe.vary), names);
  return { evaluation: { ...evaluation, ...together, ...(names && { class_names: names }) }, text };
}

/** `downhill evaluate` */
export function evaluateCommand(): Command {
  return addAdapterOption(new Command("evaluate"))
    .argument("<CHECKPOINT>", "a checkpoint.safetensors, the folder of a run, or other parameters under the same names")
    .description(
      "evaluate a checkpoint on the test set: accuracy, loss, confusion matrix, precision, recall, calibration; of values " +
        "their errors",
    )
    .option(
      "--data <mnist|DIR|FILE.csv>",
      "the data set (default: the run's own, else mnist); of a table all rows are evaluated",
      parseText,
    )
    .option("--ensemble", "put the members together also where vary made them differ in more than their seeds")
    .option("--json", "print one JSON line")
    .addHelpText("after", "\nExample:\n  downhill evaluate runs/first/checkpoint.safetensors --data mnist")
    .action(async (path: string, flags: EvaluateFlags) => {
      const inside = `${path.replace(/\/+$/, "")}/checkpoint.safetensors`;
      const file = (await files.exists(inside)) ? inside : path;
      const checkpoint = readSafetensors(await files.read(file), file);
      const recipe = recipeOfCheckpoint(checkpoint, file, flags.data);
      const table = tableOfCheckpoint(checkpoint, file);
      const dataset = table
        ? await loadEvaluationTable(recipe, files, table, flags.data)
        : await loadData(recipe, files);
      // Of other rows than the run's, its own number of rows still gives the sizes of its plan.
      const shape = { ...shapeOf(dataset), ...(table && { trainCount: table.trainCount }) };
      const gpu = await openGpu(flags.adapter);
      try {
        const kernels = kernelsOfCheckpoint(checkpoint, file);
        const plan = makePlan(recipe, shape, await selectTiling(gpu, recipe, shape, kernels));
        if (plan.note !== undefined) process.stderr.write(`note: ${plan.note}\n`);
        const session = await openSession(gpu, plan);
        await session.prepare(["view", "statistics", "evaluate"]);
        session.uploadTest(dataset.test);
        if (plan.statisticsCount > 0) session.uploadTrain((await trainedOn(checkpoint, file, dataset)).train);
        restoreForEvaluation(session, checkpoint, file);
        const combines = flags.ensemble === true || isEnsemble(plan);
        const evaluate = plan.data.targets === "values" ? evaluateValues : evaluateClasses;
        const { evaluation, text } = await evaluate(gpu, session, dataset, combines);
        session.destroy();
        process.stdout.write(
          flags.json
            ? `${jsonLine({ adapter: adapterSummary(gpu), data: recipe.data, ...evaluation })}\n`
            : `adapter: ${gpu.adapter.name}\n${text}\n`,
        );
      } finally {
        gpu.destroy();
      }
    });
}
