import { ENSEMBLE_METHODS } from "../nn/predictions.ts";
import { accuracyOf, lossOf, type Outcomes, type Predictions } from "../train/predict.ts";
import { spread } from "./compare/statistics.ts";
import {
  type CalibrationBin,
  type ClassFigures,
  type Confusion,
  calibrationBins,
  calibrationError,
  classFigures,
  confusionOf,
} from "./metrics.ts";

/** Results on the test set: of a member, their mean, or their deviation, that of a sample. */
export interface Results {
  readonly test_loss: number;
  /** Of classes. */
  readonly test_accuracy: number;
}

/** The names of what a model may be reported by. */
const RESULTS = ["test_loss", "test_accuracy", "test_rmse", "test_r2"] as const;

/** What a model is reported by, of classes or of values. */
export type AnyResults = { readonly [name in (typeof RESULTS)[number]]?: number | undefined };

/** What more a predictor's guesses for the test set say. */
export interface Figures {
  readonly calibration_error: number;
  readonly calibration: readonly CalibrationBin[];
  readonly classes: readonly ClassFigures[];
  /** [label][predicted] */
  readonly confusion: Confusion;
}

/** Several members as one. A vote has no loss. */
export type EnsembleFigures = Figures & Pick<Results, "test_accuracy"> & Partial<Results>;

/** What `evaluate` says, as its `--json` has it. */
export interface Evaluation {
  readonly models: readonly Results[];
  /** Of each model. */
  readonly figures: readonly Figures[];
  /** Of several models. */
  readonly mean?: Results;
  readonly deviation?: Results;
  /** By method. */
  readonly ensembles?: Readonly<Record<string, EnsembleFigures>>;
}

/**
 * The figures of a test set's predictions.
 * @param models accuracy and loss of each member as evaluation gave them
 * @param combines whether several members are put together
 * @param loss the recipe's: of several together there is cross-entropy alone
 */
export function evaluationOf(
  { members, ensembles, labels }: Predictions,
  models: readonly Results[],
  classes: number,
  combines: boolean,
  loss = "cross_entropy",
): Evaluation {
  const figuresOf = ({ winners, confidences }: Outcomes): Figures => {
    const confusion = confusionOf(labels, winners, classes);
    const hits = Array.from(winners, (winner, sample) => winner === labels[sample]);
    const calibration = calibrationBins(confidences, hits);
    const calibration_error = calibrationError(calibration);
    return { calibration_error, calibration, classes: classFigures(confusion), confusion };
  };
  const figures = members.map(figuresOf);
  if (models.length === 1) return { models, figures };
  const combined = ENSEMBLE_METHODS.map((method) => {
    const own = ensembles[method];
    const measured = method !== "vote" && loss === "cross_entropy" && { test_loss: lossOf(own) };
    return [method, { test_accuracy: accuracyOf(own, labels), ...measured, ...figuresOf(own) }] as const;
  });
  return { models, figures, ...spreadOf(models), ...(combines && { ensembles: Object.fromEntries(combined) }) };
}

/** Mean and deviation of members' results, of each that all have. */
export function spreadOf<R extends AnyResults>(models: readonly R[]): { mean: R; deviation: R } {
  const names = RESULTS.filter((name) => models.every((model) => model[name] !== undefined));
  const spreads = names.map((name) => [name, spread(models.map((model) => model[name] as number))] as const);
  const all = (part: "mean" | "deviation") =>
    Object.fromEntries(spreads.map(([name, own]) => [name, own[part]])) as AnyResults as R;
  return { mean: all("mean"), deviation: all("deviation") };
}
