import type { Dataset } from "../data/dataset.ts";
import type { Gpu } from "../gpu/device.ts";
import type { EnsembleResult } from "../io/runLog.ts";
import { ensembleOf, predictTest } from "./predict.ts";
import { predictValues, valueEnsemble } from "./predictValues.ts";
import type { PredictOptions } from "./runOverTest.ts";
import type { Session } from "./session.ts";

/**
 * What the members come to together on the test set: by the mean of their probabilities, or of their values.
 * @returns undefined where the run was aborted meanwhile
 */
export async function ensembleResult(
  gpu: Gpu,
  session: Session,
  dataset: Dataset,
  options: PredictOptions,
): Promise<EnsembleResult | undefined> {
  const { data, recipe } = session.plan;
  if (data.targets === "values") {
    const predicted = await predictValues(gpu, session, options);
    return predicted && valueEnsemble(predicted, dataset);
  }
  const predictions = await predictTest(gpu, session, options);
  return predictions && ensembleOf(predictions, "mean", recipe.loss.name);
}
