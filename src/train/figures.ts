import type { Dataset, Split } from "../data/dataset.ts";
import { varianceOf } from "../data/spread.ts";
import type { Table } from "../data/table.ts";
import type { TestFigures, ValidationFigures } from "../io/runLog.ts";
import type { Plan } from "./plan.ts";
import type { Metrics } from "./tables.ts";
import { partsOf } from "./validation.ts";

/** What an evaluation found of one member. */
export interface Figures {
  /** The recipe's loss, mean over the samples; of values that of standardised ones. */
  readonly loss: number;
  /** Of classes: the share that is told right. */
  readonly accuracy?: number;
  /** Of one value: the root of the mean squared error, in its own unit. */
  readonly rmse?: number;
  /** Of values: the share of their variance that is told; of several, of all their standardised variances together. */
  readonly r2?: number;
}

type FiguresOf = (metrics: Metrics) => Figures;

/** What metrics over `count` samples in classes come to. */
export function classFigures(count: number): FiguresOf {
  return ({ loss, hits }) => ({ loss, accuracy: hits / count });
}

/** What metrics over all samples of a split with values come to. */
export function valueFigures(split: Split, table?: Table): FiguresOf {
  const variance = varianceOf(split);
  const [column, ...more] = table?.target.kind === "values" ? table.target.columns : [];
  return ({ loss }) => ({
    loss,
    ...(column && more.length === 0 && { rmse: column.deviation * Math.sqrt(loss) }),
    ...(variance > 0 && { r2: 1 - loss / variance }),
  });
}

/** Figures under their names in events. */
export function testFigures({ loss, accuracy, rmse, r2 }: Figures): TestFigures {
  return {
    test_loss: loss,
    ...(accuracy !== undefined && { test_accuracy: accuracy }),
    ...(rmse !== undefined && { test_rmse: rmse }),
    ...(r2 !== undefined && { test_r2: r2 }),
  };
}

/** The same of validation samples. */
function validationFigures({ loss, accuracy, rmse, r2 }: Figures): ValidationFigures {
  return {
    val_loss: loss,
    ...(accuracy !== undefined && { val_accuracy: accuracy }),
    ...(rmse !== undefined && { val_rmse: rmse }),
    ...(r2 !== undefined && { val_r2: r2 }),
  };
}

/** Says what the metrics of a run's evaluations come to, under their names in events. */
export function runFigures(plan: Plan, { train, test, table }: Dataset) {
  const { targets, testCount, validationCount = 0 } = plan.data;
  const isOfValues = targets === "values";
  const { validation } = isOfValues ? partsOf(plan, train) : {};
  const ofTest = isOfValues ? valueFigures(test, table) : classFigures(testCount);
  const ofValidation = validation ? valueFigures(validation, table) : classFigures(validationCount);
  return (onTest: Metrics, onValidation: Metrics | undefined) => ({
    ...testFigures(ofTest(onTest)),
    ...(onValidation && validationFigures(ofValidation(onValidation))),
  });
}
