import type { Dataset } from "../../data/dataset.ts";
import type { Gpu } from "../../gpu/device.ts";
import type { Tiling } from "../../gpu/tiling.ts";
import type { EvalEvent, RunEvent } from "../../io/runLog.ts";
import type { Safetensors } from "../../io/safetensors.ts";
import { restoreCheckpoint, restoreForEvaluation, saveCheckpoint } from "../../train/checkpoint.ts";
import { kernelsOfCheckpoint } from "../../train/checkpointPosition.ts";
import { chunksOf } from "../../train/chunks.ts";
import { ensembleResult } from "../../train/ensemble.ts";
import { runFigures } from "../../train/figures.ts";
import { createPacer } from "../../train/pacer.ts";
import { makePlan } from "../../train/plan.ts";
import { fitsPredictions, isEnsemble } from "../../train/predict.ts";
import type { Recipe } from "../../train/recipe.ts";
import type { NamedTensors } from "../../train/runOptions.ts";
import { selectTiling } from "../../train/selectTiling.ts";
import { openSession, type Session } from "../../train/session.ts";
import { createStopping } from "../../train/stopping.ts";
import { evaluateTest, submitChunks } from "../../train/submits.ts";
import { shapeOf } from "../../train/train.ts";
import { adapterSummary } from "../../train/trainer.ts";
import { withRate } from "../pageRecipe.ts";

/** What some steps of a run came to. */
export interface Steps {
  /** The first of them, from 1. */
  readonly first: number;
  /** [steps, members] */
  readonly losses: Float32Array<ArrayBuffer>;
  /** Of the first member, [steps]. */
  readonly rates: Float32Array<ArrayBuffer>;
  /** That they took on the device. */
  readonly seconds: number;
  readonly samples: number;
}

/** What an evaluation on the test set came to, [members] each. */
export interface Evaluation {
  readonly step: number;
  readonly losses: readonly number[];
  readonly accuracies: readonly number[];
}

/** A run that trains piece by piece, so that several can take turns on one device. */
export interface Run {
  readonly session: Session;
  readonly tiling: Tiling;
  readonly step: number;
  /** Seconds of training on the device. */
  readonly seconds: number;
  /** Whether nothing is left to train. */
  readonly isDone: boolean;
  /** The run's events, as the run log has them. */
  readonly events: RunEvent[];
  /** Trains at most so many steps, to the epoch's end at most, about `milliseconds` long. */
  train(most: number, milliseconds: number): Promise<Steps>;
  /** On the test set, at any time; it changes nothing. */
  evaluate(): Promise<Evaluation>;
  /** Whether an epoch or the run has ended, and `endEpoch` is due. */
  readonly isEpochOver: boolean;
  endEpoch(): Promise<Evaluation>;
  /** Another learning rate from the next step on, in place of the recipe's. */
  setRate(lr: number): void;
  checkpoint(): Promise<Safetensors>;
  destroy(): void;
}

/** Steps from one `step` event of the log to the next. */
const LOG_EVERY = 10;

/**
 * Opens a run at its start, or where a checkpoint was taken. It does what `runTraining` does, in pieces: the same recipe
 * gives the same bits.
 * @throws RecipeError, GpuError; Error where the checkpoint does not fit the recipe
 */
export async function openRun(
  gpu: Gpu,
  dataset: Dataset,
  recipe: Recipe,
  from?: NamedTensors,
  before: readonly RunEvent[] = [],
): Promise<Run> {
  const opened = performance.now();
  const shape = shapeOf(dataset);
  const kept = from && kernelsOfCheckpoint(from.contents, from.file);
  const tiling = await selectTiling(gpu, recipe, shape, kept);
  const session = await openSession(gpu, makePlan(recipe, shape, tiling));
  try {
    return await begin(gpu, dataset, session, tiling, recipe, opened, from, before);
  } catch (error) {
    session.destroy();
    throw error;
  }
}

async function begin(
  gpu: Gpu,
  dataset: Dataset,
  session: Session,
  tiling: Tiling,
  recipe: Recipe,
  opened: number,
  from: NamedTensors | undefined,
  before: readonly RunEvent[],
): Promise<Run> {
  const { plan } = session;
  await session.prepare(["init"]);
  session.uploadTrain(dataset.train);
  session.uploadTest(dataset.test);
  session.initialise();
  const isPosition = from?.contents.metadata.step !== undefined;
  const resumed = from && isPosition ? restoreCheckpoint(session, from.contents, from.file) : undefined;
  if (from && !isPosition) restoreForEvaluation(session, from.contents, from.file);
  const stopping = createStopping(session, resumed?.stopping);
  await session.prepare(["shuffle", "chunk", "again", "between", "update", "sync", "average"]);
  const compiled = performance.now() - opened;
  const evaluation = session.prepare(["view", "statistics", "evaluate", "validate"]);
  evaluation.catch(() => {}); // awaited before it is used

  const figures = runFigures(plan, dataset);
  const zeros = plan.members.map(() => 0);
  const pacer = createPacer(plan.submitChunks);
  let now = recipe;
  let step = resumed?.step ?? 0;
  let epochLoss = resumed?.epochLoss.slice() ?? zeros.slice();
  let evaluated = resumed ? resumed.evaluated : true;
  let [seconds, secondsPerStep] = [0, 0];
  let isDone = evaluated && (step >= plan.steps || stopping.haveAllStopped());
  const last: EvalEvent[] = [];
  const events: RunEvent[] = before.filter((event) => !("step" in event) || event.step <= step);
  if (events.length === 0) {
    events.push({
      event: "start",
      recipe: plan.recipe,
      adapter: adapterSummary(gpu),
      kernels: plan.tiling,
      ...(plan.note !== undefined && { note: plan.note }),
      ...(resumed && { resumed_step: resumed.step }),
    });
  }
  const isEpochOver = () => !evaluated && (step % plan.stepsPerEpoch === 0 || step === plan.steps);
  const measure = async () => {
    await evaluation;
    const results = await evaluateTest(session);
    const accuracies = results.map(({ hits }) => hits / plan.data.testCount);
    return { results, evaluation: { step, losses: results.map(({ loss }) => loss), accuracies } };
  };
  const end = async () => {
    isDone = true;
    const best = stopping.end();
    const combines = isEnsemble(plan) && fitsPredictions(gpu, plan);
    const ensemble = combines ? await ensembleResult(gpu, session, dataset, { best }) : undefined;
    events.push({
      event: "done",
      steps: step,
      seconds: { total: (performance.now() - opened) / 1000, train: seconds, compile: compiled / 1000 },
      models: stopping.results(last),
      ...(ensemble && { ensemble }),
    });
  };

  return {
    session,
    tiling,
    events,
    get step() {
      return step;
    },
    get seconds() {
      return seconds;
    },
    get isDone() {
      return isDone;
    },
    get isEpochOver() {
      return isEpochOver();
    },
    async train(most, milliseconds) {
      const first = step + 1;
      const epochEnd = Math.min((Math.floor(step / plan.stepsPerEpoch) + 1) * plan.stepsPerEpoch, plan.steps);
      // Nothing is known of a step's time before the first one.
      const fitting = secondsPerStep > 0 ? Math.max(1, Math.round(milliseconds / 1000 / secondsPerStep)) : 1;
      const until = Math.min(epochEnd, step + Math.min(most, fitting));
      const rates = Float32Array.from({ length: until - step }, (_, i) => Number(session.hypers.at(0, step + i).lr));
      const losses = new Float32Array(rates.length * plan.members.length);
      let [spent, samples] = [0, 0];
      const chunks = chunksOf(plan, step, until);
      for await (const done of submitChunks(session, pacer, chunks, undefined, undefined, (work) => work)) {
        for (const members of done.metrics) {
          members.forEach(({ loss }, m) => {
            losses[(step + 1 - first) * plan.members.length + m] = loss;
            epochLoss[m] = (epochLoss[m] ?? 0) + loss;
          });
          step++;
          evaluated = false;
          if (step % LOG_EVERY !== 0) continue;
          members.forEach(({ loss }, model) => {
            if (!session.enabled[model]) return;
            events.push({ event: "step", step, model, loss, lr: Number(session.hypers.at(model, step - 1).lr) });
          });
        }
        spent += done.seconds;
        samples += done.samples;
      }
      seconds += spent;
      secondsPerStep = spent / Math.max(1, step + 1 - first);
      return { first, losses, rates, seconds: spent, samples };
    },
    evaluate: async () => (await measure()).evaluation,
    async endEpoch() {
      const { results, evaluation: measured } = await measure();
      const epoch = Math.ceil(step / plan.stepsPerEpoch);
      const { validationCount } = plan.data;
      const validated = validationCount ? await evaluateTest(session, undefined, undefined, "validation") : [];
      const stepsOfEpoch = step - (epoch - 1) * plan.stepsPerEpoch;
      const evaluations = results.flatMap((result, model): EvalEvent[] => {
        if (stopping.hasStopped(model)) return [];
        const train_loss = (epochLoss[model] ?? 0) / stepsOfEpoch;
        return [{ event: "eval", epoch, step, model, train_loss, ...figures(result, validated[model]) }];
      });
      for (const event of evaluations) last[event.model] = event;
      if (step % plan.stepsPerEpoch === 0) {
        session.hypers.observe(evaluations);
        epochLoss = zeros.slice();
        stopping.observe(evaluations);
      }
      evaluated = true;
      for (const event of evaluations) {
        events.push(stopping.hasStopped(event.model) ? { ...event, stopped: true as const } : event);
      }
      if (step >= plan.steps || stopping.haveAllStopped()) await end();
      return measured;
    },
    setRate(lr) {
      now = withRate(now, lr);
      session.hypers.setRate(lr, step);
    },
    async checkpoint() {
      const saved = await saveCheckpoint(session, { step, epochLoss, evaluated, ...stopping.position() });
      return { ...saved, metadata: { ...saved.metadata, recipe: JSON.stringify(now) } };
    },
    destroy: () => session.destroy(),
  };
}
