import type { Dataset, Split } from "../data/dataset.ts";
import { valuesOf } from "../data/spread.ts";
import type { Column } from "../data/standard.ts";
import { testFigures, valueFigures } from "../train/figures.ts";
import { meanValues, type PredictedValues, squaredError } from "../train/predictValues.ts";
import { type AnyResults, spreadOf } from "./evaluation.ts";

/** How well one column of a table is told, in its own unit. */
export interface TargetFigures {
  readonly name: string;
  /** Root of the mean squared error. */
  readonly rmse: number;
  /** Mean absolute error. */
  readonly mae: number;
  /** Share of the column's variance that is told; NaN where it has none. */
  readonly r2: number;
}

/** What `evaluate` says of values, as its `--json` has it. */
export interface ValueEvaluation {
  readonly models: readonly AnyResults[];
  /** Of each model, a column at a time. */
  readonly figures: readonly (readonly TargetFigures[])[];
  /** Of several models. */
  readonly mean?: AnyResults;
  readonly deviation?: AnyResults;
  /** By the mean of the members' values. */
  readonly ensembles?: { readonly mean: AnyResults & { readonly figures: readonly TargetFigures[] } };
}

/**
 * The figures of predictions for a test set.
 * @param models of each member as evaluation gave them
 * @param combines whether several members are put together
 */
export function valueEvaluation(
  members: PredictedValues,
  models: readonly AnyResults[],
  { test, table }: Dataset,
  combines: boolean,
): ValueEvaluation {
  const columns = table?.target.kind === "values" ? table.target.columns : [];
  const figures = members.map((own) => targetFigures(own, test, columns));
  if (models.length === 1) return { models, figures };
  const mean = meanValues(members);
  const results = testFigures(valueFigures(test, table)({ loss: squaredError(mean, test), hits: 0 }));
  const together = { mean: { ...results, figures: targetFigures(mean, test, columns) } };
  return { models, figures, ...spreadOf(models), ...(combines && { ensembles: together }) };
}

/** @param predicted standardised values [count, ceil4(columns)] */
function targetFigures(
  predicted: ArrayLike<number>,
  split: Split,
  columns: readonly Column[],
): readonly TargetFigures[] {
  const told = valuesOf(split);
  const stride = 4 * Math.ceil(columns.length / 4);
  const rows = Array.from({ length: split.count }, (_, row) => row);
  const mean = (value: (row: number) => number) => rows.reduce((sum, row) => sum + value(row), 0) / rows.length;
  return columns.map(({ name, deviation }, c) => {
    const value = (row: number) => told[row * stride + c] as number;
    const error = (row: number) => (predicted[row * stride + c] as number) - value(row);
    const center = mean(value);
    const square = mean((row) => error(row) ** 2);
    const r2 = 1 - square / mean((row) => (value(row) - center) ** 2);
    const mae = deviation * mean((row) => Math.abs(error(row)));
    return { name, rmse: deviation * Math.sqrt(square), mae, r2: Number.isFinite(r2) ? r2 : Number.NaN };
  });
}
