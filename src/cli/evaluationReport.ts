import type { EnsembleFigures, Evaluation, Figures } from "../lab/evaluation.ts";
import { percent } from "./progress.ts";

/**
 * The lines of `evaluate`: each member's results, what they come to together, and one predictor's guesses in full.
 * @param varied what the members differ in beside their seeds, if anything
 * @param names of the classes; their numbers unless given
 */
export function evaluationReport(
  evaluation: Evaluation,
  varied: string | undefined,
  names?: readonly string[],
): string {
  const { models, figures, mean, deviation, ensembles } = evaluation;
  const all = models.map((model, m) => ({ ...model, ...(figures[m] as Figures) }));
  const lines = all.map((model, m) => `${all.length > 1 ? `member ${m}: ` : ""}${results(model)}`);
  if (mean && deviation) {
    lines.push(
      `mean of ${models.length}: test accuracy ${percent(mean.test_accuracy)} ± ${percent(deviation.test_accuracy)}, ` +
        `test loss ${mean.test_loss.toFixed(4)} ± ${deviation.test_loss.toFixed(4)}`,
    );
  }
  for (const [method, own] of Object.entries(ensembles ?? {})) lines.push(`ensemble by ${method}: ${results(own)}`);
  if (all.length > 1 && !ensembles) {
    lines.push(`no ensemble: the members differ in ${varied}, as if to choose one of them; --ensemble combines them`);
  }
  const best = all.reduce((found, one) => (one.test_accuracy > found.test_accuracy ? one : found));
  const whose = ensembles ? "the ensemble by mean" : all.length > 1 ? `member ${all.indexOf(best)}, the best` : "";
  return [...lines, "", ...table(ensembles?.mean ?? best, whose, names)].join("\n");
}

function results({ test_accuracy, test_loss, calibration_error }: EnsembleFigures): string {
  const loss = test_loss === undefined ? "" : `, test loss ${test_loss.toFixed(4)}`;
  return `test accuracy ${percent(test_accuracy)}${loss}, calibration error ${percent(calibration_error)}`;
}

/** The confusion matrix, a line a class, with what it says of the class. */
function table({ confusion, classes }: Figures, whose: string, names: readonly string[] = []): string[] {
  const share = (value: number) => (Number.isNaN(value) ? "-" : percent(value));
  const nameOf = (label: number) => names[label] ?? `${label}`;
  const head = ["class", ...confusion.map((_, label) => nameOf(label)), "precision", "recall"];
  const rows = confusion.map((row, label) => {
    const { precision = Number.NaN, recall = Number.NaN } = classes[label] ?? {};
    return [nameOf(label), ...row.map(String), share(precision), share(recall)];
  });
  const widths = head.map((text, column) => Math.max(text.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) => cells.map((cell, i) => cell.padStart(widths[i] ?? 0)).join("  ");
  const title = `test samples of each class (lines) by what they were taken for${whose && `; ${whose}`}`;
  return [title, ...[head, ...rows].map(line)];
}
