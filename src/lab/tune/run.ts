import type { Dataset } from "../../data/dataset.ts";
import type { Gpu } from "../../gpu/device.ts";
import type { DoneEvent, LogEvent, TuneEvent } from "../../io/runLog.ts";
import { restoreCheckpoint } from "../../train/checkpoint.ts";
import { chunksOf, samplesOf } from "../../train/chunks.ts";
import { runFigures } from "../../train/figures.ts";
import { createKeeper } from "../../train/keeper.ts";
import { createPacer } from "../../train/pacer.ts";
import type { RunOptions } from "../../train/runOptions.ts";
import type { Session } from "../../train/session.ts";
import { evaluateTest, submitChunks } from "../../train/submits.ts";
import { adapterSummary } from "../../train/trainer.ts";
import { decide, type PbtSettings, rankMembers } from "./pbt.ts";
import type { Range } from "./space.ts";

/** What a population is tuned by. */
export interface TuneSettings extends PbtSettings {
  /** In the order of the recipe's `vary` behind its first key, the seed. */
  readonly ranges: readonly Range[];
  /** Steps from one decision to the next. */
  readonly interval: number;
}

/** Of the options of a run, those that tuning has. */
export type TuneOptions = Pick<RunOptions, "signal" | "logEvery" | "onCheckpoint" | "onProgress" | "resumeFrom">;

const now = () => performance.now() / 1000;

/**
 * Trains a population and tunes it meanwhile: after each interval members are ranked on the validation samples, the last ones
 * become copies of the first ones on the device, and their settings move. Yields `start`, `step`, then `rank`, `exploit` and
 * `explore` of each interval, and `done` with the best member's figures: the test set is looked at there alone. The same
 * settings come to the same decisions and bits, also where a run goes on from a checkpoint.
 * @param session of a plan whose recipe is `populationRecipe`'s, with validation samples
 * @throws the signal's reason where it is aborted, after the state was kept; GpuError where the device fails
 */
export async function* tune(
  gpu: Gpu,
  session: Session,
  dataset: Dataset,
  settings: TuneSettings,
  options: TuneOptions = {},
): AsyncGenerator<LogEvent, void, undefined> {
  const { plan, hypers } = session;
  const { signal, logEvery = 50, resumeFrom } = options;
  const { ranges, interval, by } = settings;
  const started = now();
  const names = ["init", "shuffle", "chunk", "again", "between", "update", "sync", "average"] as const;
  const compilation = session.prepare([...names, "view", "statistics", "evaluate", "validate"]);
  compilation.catch(() => {}); // awaited below
  await session.prepare(["init"]);
  session.uploadTrain(dataset.train);
  session.uploadTest(dataset.test);
  session.initialise();
  const resumed = resumeFrom && restoreCheckpoint(session, resumeFrom.contents, resumeFrom.file);
  const figures = runFigures(plan, dataset);
  const zeros = plan.members.map(() => 0);
  let step = resumed?.step ?? 0;
  /** Of each member, the sum of its losses in this interval. */
  let losses = resumed?.epochLoss.slice() ?? zeros.slice();
  // A run that was stopped while it looked at the test set ranks once more, which decides nothing.
  let decided = resumed ? resumed.evaluated && step < plan.steps : true;
  let trainSeconds = 0;
  let last: readonly TuneEvent[] = [];
  const position = () => ({ step, epochLoss: losses, evaluated: decided });
  yield {
    event: "start",
    recipe: plan.recipe,
    adapter: adapterSummary(gpu),
    kernels: plan.tiling,
    ...(plan.note !== undefined && { note: plan.note }),
    ...(resumed && { resumed_step: resumed.step }),
  };
  const keeper = await createKeeper(session, position, signal, options.onCheckpoint);
  const evaluate = async (of: "test" | "validation") => {
    const metrics = await evaluateTest(session, signal, keeper.wait, of);
    await keeper.endIfAborted();
    return metrics;
  };
  /** Ranks the members, and replaces the last ones unless the run is over. */
  const conclude = async (): Promise<TuneEvent[]> => {
    const round = Math.ceil(step / interval);
    const steps = step - (round - 1) * interval;
    const measured = (await evaluate("validation")).map((metrics) => {
      const { test_loss: _, test_accuracy: __, test_rmse: ___, test_r2: ____, ...own } = figures(metrics, metrics);
      return { val_loss: Number.NaN, ...own };
    });
    const values = valuesOf(session);
    const ranked = measured.map((own) => own[by] ?? Number.NaN);
    const ranking = rankMembers(ranked, by);
    const events: TuneEvent[] = ranking.map((model, place) => ({
      ...{ event: "rank", step, model, rank: place + 1 },
      values: Object.fromEntries(ranges.map(({ path }, i) => [path, values[model]?.[i] as number])),
      train_loss: (losses[model] ?? 0) / steps,
      ...measured[model],
      val_loss: measured[model]?.val_loss ?? Number.NaN,
    }));
    if (step === plan.steps) return events;
    losses = zeros.slice();
    const decisions = decide(ranges, values, ranked, round, settings);
    session.copyMembers(decisions.map(({ model, from }) => ({ from, to: model })));
    for (const { model, from, changes } of decisions) {
      const [seed = 0] = session.rows?.[model] ?? [];
      session.setRow(model, [seed, ...changes.map(({ after }) => after)]);
      events.push({ event: "exploit", step, model, from });
      events.push(...changes.map((change) => ({ ...({ event: "explore", step, model } as const), ...change })));
    }
    return events;
  };
  try {
    await keeper.wait(compilation);
    const compiled = now() - started;
    await keeper.endIfAborted();
    const pacer = createPacer(plan.submitChunks);
    while (step < plan.steps || !decided) {
      // A run that was stopped while it ranked goes on there.
      const end = Math.min(
        plan.steps,
        interval * (decided ? Math.floor(step / interval) + 1 : Math.ceil(step / interval)),
      );
      const samplesBefore = samplesOf(plan, step);
      let [samples, seconds] = [0, 0];
      while (step < end) {
        const [from, before] = [step, seconds];
        const chunks = chunksOf(plan, from, keeper.stepsAreSlow ? from + 1 : end);
        for await (const done of submitChunks(session, pacer, chunks, undefined, signal, keeper.wait)) {
          for (const members of done.metrics) {
            step++;
            decided = false;
            losses = losses.map((sum, m) => sum + (members[m]?.loss ?? 0));
            if (step % logEvery !== 0) continue;
            for (const [model, { loss }] of members.entries()) {
              yield { event: "step", step, model, loss, lr: Number(hypers.at(model, step - 1).lr) };
            }
          }
          seconds += done.seconds;
          trainSeconds += done.seconds;
          samples += done.samples;
          options.onProgress?.({
            ...{ step, steps: plan.steps, losses: done.metrics.at(-1)?.map(({ loss }) => loss) ?? [] },
            share: (samplesBefore + samples) / samplesOf(plan, plan.steps),
            epoch: Math.ceil(step / plan.stepsPerEpoch),
            samplesPerSecond: samples / seconds,
          });
        }
        await keeper.endIfAborted();
        await keeper.stepped((seconds - before) / (step - from));
      }
      last = await conclude();
      decided = true;
      yield* last;
      if (step < plan.steps) await keeper.checkpoint();
    }
    const winner = last.find((event) => event.event === "rank" && event.rank === 1);
    if (winner?.event !== "rank") throw new Error("there are no steps left to tune");
    await keeper.checkpoint();
    const { event: _, step: __, model, rank: ___, values: ____, ...found } = winner;
    // Of the test set the best member's figures alone are looked at, once.
    const onTest = figures((await evaluate("test"))[model] ?? { loss: Number.NaN, hits: 0 }, undefined);
    const result = { seed: plan.members[model]?.seed ?? 0, ...found, ...onTest };
    yield {
      event: "done",
      steps: step,
      seconds: { total: now() - started, train: trainSeconds, compile: compiled },
      models: [result],
      winner: model,
    } satisfies DoneEvent;
  } finally {
    keeper.dispose();
  }
}

/** Each member's values of the ranges, as they are now: [P][ranges]. */
const valuesOf = ({ rows = [] }: Session): number[][] => rows.map(([, ...values]) => values.map(Number));
