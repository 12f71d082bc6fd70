import type { Dataset } from "../data/dataset.ts";
import type { Gpu } from "../gpu/device.ts";
import type { EvalEvent, RunEvent } from "../io/runLog.ts";
import { restoreCheckpoint, startFrom } from "./checkpoint.ts";
import { chunksOf, samplesOf } from "./chunks.ts";
import { ensembleResult } from "./ensemble.ts";
import { runFigures } from "./figures.ts";
import { createKeeper } from "./keeper.ts";
import { createPacer } from "./pacer.ts";
import { fitsPredictions, isEnsemble } from "./predict.ts";
import { checkOptions, type RunOptions } from "./runOptions.ts";
import type { Session } from "./session.ts";
import { createStopping } from "./stopping.ts";
import { evaluateTest, submitChunks } from "./submits.ts";

const now = () => performance.now() / 1000;

/**
 * Trains a plan: epochs of steps, an evaluation on the test set and the validation samples after each and at the end. Yields
 * the run's events. A member that stops early has none from then on, as its run alone would have none.
 * @throws RecipeError where the options do not suit the plan; the signal's reason where it is aborted; GpuError where the device fails
 */
export async function* runTraining(
  gpu: Gpu,
  session: Session,
  dataset: Dataset,
  options: RunOptions = {},
): AsyncGenerator<RunEvent, void, undefined> {
  const { plan } = session;
  const { signal, logEvery = 50 } = options;
  const { checkpointEvery = Number.POSITIVE_INFINITY, evaluateEvery = Number.POSITIVE_INFINITY } = options;
  const started = now();
  checkOptions(gpu, plan, options);
  // The start needs one small kernel; the others compile while the data goes up.
  const compilation = session.prepare(["shuffle", "chunk", "again", "between", "update", "sync", "average"]);
  compilation.catch(() => {}); // awaited below; until then a failure must not count as unhandled
  const resumed = await begin(session, dataset, options);
  const stopping = createStopping(session, resumed?.stopping);
  const figures = runFigures(plan, dataset);
  const { target } = plan.data.table ?? {};
  yield {
    event: "start",
    recipe: plan.recipe,
    adapter: adapterSummary(gpu),
    kernels: plan.tiling,
    ...(plan.note !== undefined && { note: plan.note }),
    ...(target?.kind === "classes" && { classes: target.classes }),
    ...(resumed && { resumed_step: resumed.step }),
    ...(stopping.stopped().length > 0 && { stopped: stopping.stopped() }),
  };

  const zeros = plan.members.map(() => 0);
  let step = resumed?.step ?? 0;
  let epochLoss = resumed?.epochLoss.slice() ?? zeros.slice();
  // A run that was stopped while it evaluated goes on there.
  let evaluated = resumed ? resumed.evaluated && step < plan.steps : true;
  let trainSeconds = 0;
  let losses: readonly number[] = [];
  // Of each member, its last one.
  const last: EvalEvent[] = [];
  const position = () => ({ step, epochLoss, evaluated, ...stopping.position() });
  const keeper = await createKeeper(session, position, signal, options.onCheckpoint);
  try {
    await keeper.wait(compilation);
    const compiled = now() - started;
    await keeper.endIfAborted();
    // Evaluation is needed only after the first epoch; what it does not share with training compiles meanwhile.
    const evaluation = session.prepare(["view", "statistics", "evaluate", "validate"]);
    evaluation.catch(() => {}); // awaited below

    const evaluateMembers = async (epoch: number) => {
      await evaluation;
      const results = await evaluateTest(session, signal, keeper.wait);
      const { validationCount } = plan.data;
      const validated = validationCount ? await evaluateTest(session, signal, keeper.wait, "validation") : [];
      await keeper.endIfAborted();
      const stepsOfEpoch = step - epoch * plan.stepsPerEpoch;
      return results.flatMap((result, model): EvalEvent[] => {
        if (stopping.hasStopped(model)) return [];
        const train_loss = (epochLoss[model] ?? 0) / stepsOfEpoch;
        return [{ event: "eval", epoch: epoch + 1, step, model, train_loss, ...figures(result, validated[model]) }];
      });
    };
    const pacer = createPacer(plan.submitChunks);
    while ((step < plan.steps && !stopping.haveAllStopped()) || !evaluated) {
      const epoch = evaluated ? Math.floor(step / plan.stepsPerEpoch) : Math.ceil(step / plan.stepsPerEpoch) - 1;
      const epochEnd = Math.min((epoch + 1) * plan.stepsPerEpoch, plan.steps);
      const samplesBefore = samplesOf(plan, step);
      let [epochSamples, epochSeconds] = [0, 0];
      while (step < epochEnd) {
        // A checkpoint and an evaluation need the state between two steps, with nothing in flight.
        const from = step;
        const [nextCheckpoint, nextEvaluation] = [checkpointEvery, evaluateEvery].map((n) => from + n - (from % n));
        const until = keeper.stepsAreSlow
          ? step + 1
          : Math.min(epochEnd, nextCheckpoint as number, nextEvaluation as number);
        const secondsBefore = trainSeconds;
        const chunks = chunksOf(plan, from, until);
        for await (const done of submitChunks(session, pacer, chunks, options.order, signal, keeper.wait)) {
          for (const members of done.metrics) {
            step++;
            evaluated = false;
            losses = members.map(({ loss }) => loss);
            epochLoss = epochLoss.map((sum, m) => sum + (losses[m] ?? 0));
            if (step % logEvery === 0) yield* stepEvents(session, step, losses);
          }
          trainSeconds += done.seconds;
          epochSeconds += done.seconds;
          epochSamples += done.samples;
          options.onProgress?.({
            step,
            steps: plan.steps,
            share: (samplesBefore + epochSamples) / samplesOf(plan, plan.steps),
            epoch: epoch + 1,
            losses,
            samplesPerSecond: epochSamples / epochSeconds,
          });
        }
        await keeper.endIfAborted();
        await keeper.stepped((trainSeconds - secondsBefore) / (step - from));
        if (step % checkpointEvery === 0 && step < epochEnd) await keeper.checkpoint();
        if (step % evaluateEvery === 0 && step < epochEnd) yield* await evaluateMembers(epoch);
      }
      const evaluations = await evaluateMembers(epoch);
      for (const evaluation of evaluations) last[evaluation.model] = evaluation;
      if (step % plan.stepsPerEpoch === 0) {
        // Not where a run ends inside an epoch: one that goes on from there must not know more than one without a stop.
        session.hypers.observe(evaluations);
        epochLoss = zeros.slice();
        stopping.observe(evaluations);
      }
      evaluated = true;
      yield* evaluations.map((event) =>
        stopping.hasStopped(event.model) ? { ...event, stopped: true as const } : event,
      );
      if (step < plan.steps && step % checkpointEvery === 0) await keeper.checkpoint();
    }
    const best = stopping.end();
    await keeper.checkpoint();
    const combines = options.ensemble ?? (isEnsemble(plan) && fitsPredictions(gpu, plan));
    const how = { best, signal, wait: keeper.wait };
    const ensemble = combines ? await ensembleResult(gpu, session, dataset, how) : undefined;
    await keeper.endIfAborted();
    yield {
      event: "done",
      steps: step,
      seconds: { total: now() - started, train: trainSeconds, compile: compiled },
      models: stopping.results(last),
      ...(ensemble && { ensemble }),
    };
  } finally {
    keeper.dispose();
  }
}

/** Uploads the data and puts the parameters where the run begins. Gives the position of a run that is resumed. */
async function begin(session: Session, dataset: Dataset, { initFrom, resumeFrom }: RunOptions) {
  await session.prepare(["init"]);
  session.uploadTrain(dataset.train);
  session.uploadTest(dataset.test);
  session.initialise();
  if (initFrom) startFrom(session, initFrom.contents, initFrom.file);
  return resumeFrom && restoreCheckpoint(session, resumeFrom.contents, resumeFrom.file);
}

function* stepEvents({ hypers, enabled }: Session, step: number, losses: readonly number[]): Generator<RunEvent> {
  for (const [model, loss] of losses.entries()) {
    if (!enabled[model]) continue;
    yield { event: "step", step, model, loss, lr: Number(hypers.at(model, step - 1).lr) };
  }
}

/** What events and summaries say of the adapter. */
export function adapterSummary({ adapter }: Gpu): object {
  const { name, vendor, architecture, kind, driver, backend, bundled } = adapter;
  return { name, vendor, architecture, kind, driver, backend, bundled };
}
