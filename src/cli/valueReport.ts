import type { AnyResults } from "../lab/evaluation.ts";
import type { TargetFigures, ValueEvaluation } from "../lab/valueEvaluation.ts";
import { formatTable } from "./liveTable.ts";
import { onTest, qualityTexts } from "./quality.ts";

/**
 * The lines of `evaluate` for values: each member's results, what they come to together, and each column's errors.
 * @param varied what the members differ in beside their seeds, if anything
 */
export function valueReport(evaluation: ValueEvaluation, varied: string | undefined): string {
  const { models, figures, mean, deviation, ensembles } = evaluation;
  const lines = models.map((model, m) => `${models.length > 1 ? `member ${m}: ` : ""}${results(model)}`);
  if (mean && deviation)
    lines.push(`mean of ${models.length}: ${qualityTexts(onTest(mean), "test ", onTest(deviation)).join(", ")}`);
  if (ensembles) lines.push(`ensemble by mean: ${results(ensembles.mean)}`);
  else if (models.length > 1) {
    lines.push(`no ensemble: the members differ in ${varied}, as if to choose one of them; --ensemble combines them`);
  }
  const loss = ({ test_loss = Number.NaN }: AnyResults) => test_loss;
  const best = models.reduce((found, model, m) => (loss(model) < loss(models[found] as AnyResults) ? m : found), 0);
  const whose = ensembles ? "; the ensemble" : models.length > 1 ? `; member ${best}, the best` : "";
  const shown = ensembles?.mean.figures ?? figures[best] ?? [];
  return [...lines, "", `errors on the test set in the columns' units${whose}`, ...table(shown)].join("\n");
}

function results(model: AnyResults): string {
  const { test_loss } = model;
  return [
    ...qualityTexts(onTest(model), "test "),
    ...(test_loss === undefined ? [] : [`test loss ${test_loss.toFixed(4)}`]),
  ].join(", ");
}

function table(figures: readonly TargetFigures[]): string[] {
  const digits = (value: number) => `${Number(value.toPrecision(4))}`;
  const columns = [
    { title: "column" },
    ...["RMSE", "mean absolute error", "R2"].map((title) => ({ title, align: "right" }) as const),
  ];
  return formatTable(
    columns,
    figures.map(({ name, rmse, mae, r2 }) => [name, digits(rmse), digits(mae), Number.isNaN(r2) ? "-" : r2.toFixed(4)]),
  );
}
