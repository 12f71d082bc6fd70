import type { Dataset } from "../../data/dataset.ts";
import type { Gpu } from "../../gpu/device.ts";
import type { DoneEvent, EvalEvent, StepEvent } from "../../io/runLog.ts";
import { samplesOf } from "../../train/chunks.ts";
import { makePlan, type Plan } from "../../train/plan.ts";
import { accuracyOf, fitsPredictions, type Outcomes, predictTest } from "../../train/predict.ts";
import type { Recipe } from "../../train/recipe.ts";
import type { Progress } from "../../train/runOptions.ts";
import { selectTiling, type TilingSetting } from "../../train/selectTiling.ts";
import { openSession, type Session } from "../../train/session.ts";
import { shapeOf } from "../../train/train.ts";
import { runTraining } from "../../train/trainer.ts";
import { confusionOf } from "../metrics.ts";
import type { Evaluated, Mistake, Population } from "./records.ts";

/** Points of a curve of training losses. */
const CURVE_POINTS = 100;
/** Test samples of the highest loss that are kept. */
const WORST = 24;

/** How a population is trained, beside its recipe. */
export interface PopulationOptions {
  readonly tiling?: TilingSetting | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Steps from one evaluation inside an epoch to the next. */
  readonly evaluateEvery?: number | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Called with a mean over the members at each evaluation. */
  readonly onEvaluated?: ((accuracy: number) => void) | undefined;
  /** Whether to keep what the best model's mistakes are. */
  readonly errors?: boolean | undefined;
}

/**
 * Trains a recipe's members side by side to their end, and keeps how they went.
 * @throws RecipeError where the optimizer cannot train the recipe; the signal's reason where it is aborted
 */
export async function trainPopulation(
  gpu: Gpu,
  dataset: Dataset,
  recipe: Recipe,
  { tiling, signal, evaluateEvery, onProgress, onEvaluated, errors = false }: PopulationOptions = {},
): Promise<Population> {
  const shape = shapeOf(dataset);
  const plan = makePlan(recipe, shape, await selectTiling(gpu, recipe, shape, tiling));
  const P = plan.members.length;
  const curves = lossCurves(plan);
  const clock = trainingClock(plan);
  const evaluations: Evaluated[][] = plan.members.map(() => []);
  const latest: EvalEvent[] = [];
  let done: DoneEvent | undefined;
  const session = await openSession(gpu, plan);
  try {
    const options = {
      ...(signal && { signal }),
      ...(evaluateEvery !== undefined && { evaluateEvery }),
      logEvery: 1,
      ensemble: false,
      onProgress(progress: Progress) {
        clock.observe(progress);
        onProgress?.(progress);
      },
    };
    for await (const event of runTraining(gpu, session, dataset, options)) {
      if (event.event === "step") curves.add(event);
      if (event.event === "done") done = event;
      if (event.event !== "eval") continue;
      const { model, step, train_loss, test_loss, test_accuracy = Number.NaN } = event;
      const seconds = clock.seconds() / P;
      evaluations[model]?.push({ step, seconds, train_loss, test_loss, test_accuracy });
      latest[model] = event;
      if (model === P - 1)
        onEvaluated?.(latest.reduce((sum, { test_accuracy = Number.NaN }) => sum + test_accuracy, 0) / P);
    }
    if (!done) throw new Error("the run came to no end");
    const own = errors && fitsPredictions(gpu, plan) ? await errorsOf(gpu, session, dataset, signal) : undefined;
    return {
      recipe: { ...plan.recipe } as Population["recipe"],
      kernels: plan.tiling,
      train_samples: plan.data.trainCount,
      steps: done.steps,
      steps_per_epoch: plan.stepsPerEpoch,
      seconds: { ...done.seconds },
      curve_steps: curves.steps,
      models: done.models.map(({ seed, test_accuracy = Number.NaN, test_loss, train_loss }, model) => {
        const evaluated = evaluations[model] ?? [];
        return { seed, test_accuracy, test_loss, train_loss, evaluations: evaluated, losses: curves.of(model) };
      }),
      ...(own && { errors: own }),
    };
  } finally {
    session.destroy();
  }
}

/** The seconds of training so far, which stand still while something else goes on: from the rates that progress tells. */
function trainingClock(plan: Plan) {
  let [past, epoch, ofEpoch] = [0, 1, 0];
  return {
    observe(progress: Progress) {
      if (progress.epoch !== epoch) [past, epoch] = [past + ofEpoch, progress.epoch];
      const before = samplesOf(plan, (epoch - 1) * plan.stepsPerEpoch);
      const samples = progress.share * samplesOf(plan, plan.steps) - before;
      ofEpoch = samples / progress.samplesPerSecond;
    },
    seconds: () => past + ofEpoch,
  };
}

/** The mean losses of each member over equal spans of a run. */
function lossCurves({ steps, members }: Plan) {
  const points = Math.min(CURVE_POINTS, steps);
  const sums = members.map(() => Array.from({ length: points }, () => ({ sum: 0, count: 0 })));
  return {
    steps: Array.from({ length: points }, (_, i) => Math.ceil(((i + 1) * steps) / points)),
    add({ step, model, loss }: StepEvent) {
      const span = sums[model]?.[Math.floor(((step - 1) * points) / steps)];
      if (!span) return;
      span.sum += loss;
      span.count++;
    },
    of: (model: number) => (sums[model] ?? []).map(({ sum, count }) => sum / count),
  };
}

/** The best member's confusion matrix and its worst mistakes. */
async function errorsOf(
  gpu: Gpu,
  session: Session,
  dataset: Dataset,
  signal: AbortSignal | undefined,
): Promise<Population["errors"]> {
  const { recipe, best, members } = session.plan;
  const isBest = recipe.early_stopping !== undefined && best !== undefined;
  const predictions = await predictTest(gpu, session, { best: isBest, signal });
  signal?.throwIfAborted();
  if (!predictions) return undefined;
  const { labels } = predictions;
  const accuracies = predictions.members.map((outcomes) => accuracyOf(outcomes, labels));
  const member = accuracies.indexOf(Math.max(...accuracies));
  const outcomes = predictions.members[member] as Outcomes;
  return {
    seed: members[member]?.seed ?? 0,
    confusion: confusionOf(labels, outcomes.winners, dataset.test.classes).map((row) => [...row]),
    worst: worstOf(labels, outcomes),
  };
}

/** The mistakes of the highest loss, the highest first; a loss that is no number is above all. */
function worstOf(labels: Uint8Array, { winners, confidences, losses }: Outcomes): Mistake[] {
  const cost = (sample: number) => {
    const loss = losses[sample] as number;
    return Number.isNaN(loss) ? Number.POSITIVE_INFINITY : loss;
  };
  const wrong = Array.from(labels.keys()).filter((sample) => winners[sample] !== labels[sample]);
  // Two infinities have no difference; the earlier sample comes first then.
  wrong.sort((a, b) => (cost(a) === cost(b) ? a - b : cost(b) - cost(a)));
  return wrong.slice(0, WORST).map((sample) => {
    const loss = losses[sample] as number;
    return {
      sample,
      label: labels[sample] as number,
      predicted: winners[sample] as number,
      probability: confidences[sample] as number,
      label_probability: Math.exp(-loss),
      loss,
    };
  });
}
