import type { Dataset } from "../data/dataset.ts";
import type { Gpu } from "../gpu/device.ts";
import type { EvalEvent, RunEvent } from "../io/runLog.ts";
import type { Safetensors } from "../io/safetensors.ts";
import { restoreCheckpoint, saveCheckpoint, startFrom } from "./checkpoint.ts";
import { chunksOf, samplesOf } from "./chunks.ts";
import { createGrace } from "./grace.ts";
import { createPacer } from "./pacer.ts";
import type { Plan } from "./plan.ts";
import type { Metrics, Session } from "./session.ts";
import { evaluateTest, submitChunks, type Wait } from "./submits.ts";

/** A safetensors file that was read, and its name for errors. */
export interface NamedTensors {
  readonly file: string;
  readonly contents: Safetensors;
}

/** How a run goes, beside what it trains. */
export interface RunOptions {
  /**
   * Ends the run after the submits in flight: the checkpoint goes to `onCheckpoint`, then the signal's reason is thrown. A
   * step that takes longer than a moment is dropped: the device may still be at it then.
   */
  readonly signal?: AbortSignal;
  /** Steps from one `step` event to the next; 50 unless given. */
  readonly logEvery?: number;
  /** Called with every checkpoint: each `checkpointEvery` steps, at an interrupt and at the end. */
  readonly onCheckpoint?: (checkpoint: Safetensors) => void | Promise<void>;
  readonly checkpointEvery?: number;
  /** Called after every submit, for a progress display. */
  readonly onProgress?: (progress: Progress) => void;
  /** Parameters that every member starts from, in place of its seed's. */
  readonly initFrom?: NamedTensors;
  /** Sample indices, batch after batch, in place of each member's own order: at least the run's samples. */
  readonly order?: Uint32Array;
  /** A checkpoint of the same recipe to go on from. */
  readonly resumeFrom?: NamedTensors;
}

/** How far a run is. */
export interface Progress {
  readonly step: number;
  readonly steps: number;
  /** Share of the run's samples that are done, 0..1; it grows within a step too. */
  readonly share: number;
  /** From 1. */
  readonly epoch: number;
  /** Last loss of each member; empty before the first step is done. */
  readonly losses: readonly number[];
  /** Samples a second and member, since the epoch began. */
  readonly samplesPerSecond: number;
}

const now = () => performance.now() / 1000;

/** How long an aborted run waits for the device before it drops a step. */
const GRACE_MILLISECONDS = 300;
/** Seconds a step from which on the state is read back between steps, so that dropping one loses little. */
const SLOW_STEP = 0.25;
/** Reading back takes at most one part in so many of the time. */
const KEEPING_SHARE = 20;

/**
 * Trains a plan: epochs of steps, an evaluation on the test set after each and at the end. Yields the run's events.
 * @throws the signal's reason where it is aborted; GpuError where the device fails
 */
export async function* runTraining(
  gpu: Gpu,
  session: Session,
  dataset: Dataset,
  options: RunOptions = {},
): AsyncGenerator<RunEvent, void, undefined> {
  const { plan } = session;
  const { signal, order, onCheckpoint, logEvery = 50, checkpointEvery = Number.POSITIVE_INFINITY } = options;
  const grace = createGrace(signal, GRACE_MILLISECONDS);
  try {
    const started = now();
    // The start needs one small kernel; the others compile while the data goes up.
    const starting = session.prepare(["init"]);
    const compilation = session.prepare(["shuffle", "chunk", "update"]);
    compilation.catch(() => {}); // awaited below; until then a failure must not count as unhandled
    await starting;
    session.uploadTrain(dataset.train);
    session.uploadTest(dataset.test);
    session.initialise();
    if (options.initFrom) startFrom(session, options.initFrom.contents, options.initFrom.file);
    const { resumeFrom } = options;
    const resumed = resumeFrom && restoreCheckpoint(session, resumeFrom.contents, resumeFrom.file);
    yield {
      event: "start",
      recipe: plan.recipe,
      adapter: adapterSummary(gpu),
      ...(resumed && { resumed_step: resumed.step }),
    };

    const P = plan.members.length;
    let step = resumed?.step ?? 0;
    let epochLoss = resumed?.epochLoss.slice() ?? new Array<number>(P).fill(0);
    // A run that was stopped while it evaluated goes on there.
    let evaluated = resumed ? resumed.evaluated && step < plan.steps : true;
    let trainSeconds = 0;
    let losses: readonly number[] = [];
    let last: readonly EvalEvent[] = [];

    const save = () => saveCheckpoint(session, { step, epochLoss, evaluated });
    /** The last state that was read back, where it is recent enough to stand for the run; what it cost, when it was done. */
    let kept: { readonly checkpoint: Safetensors; readonly seconds: number; readonly at: number } | undefined;
    const keep = async () => {
      const begun = now();
      const checkpoint = await save();
      kept = { checkpoint, seconds: now() - begun, at: now() };
      return checkpoint;
    };
    const wait: Wait = (work) => (kept || !onCheckpoint ? grace.wait(work) : work);
    const throwIfAborted = async () => {
      if (!signal?.aborted) return;
      await onCheckpoint?.((await wait(save())) ?? (kept?.checkpoint as Safetensors));
      throw signal.reason;
    };

    if (onCheckpoint) await keep();
    await wait(compilation);
    const compiled = now() - started;
    await throwIfAborted();
    // Evaluation is needed only after the first epoch: it compiles while that trains.
    const evaluation = session.prepare(["evaluate"]);
    evaluation.catch(() => {}); // awaited below

    const pacer = createPacer(plan.submitChunks);
    const samples = samplesOf(plan, plan.steps);
    let isSlow = true; // until a step has shown otherwise
    while (step < plan.steps || !evaluated) {
      const epoch = evaluated ? Math.floor(step / plan.stepsPerEpoch) : Math.ceil(step / plan.stepsPerEpoch) - 1;
      const epochEnd = Math.min((epoch + 1) * plan.stepsPerEpoch, plan.steps);
      let epochSamples = 0;
      let epochSeconds = 0;
      while (step < epochEnd) {
        // A checkpoint needs the state between two steps, with nothing in flight.
        const from = step;
        const until = isSlow ? step + 1 : Math.min(epochEnd, step + checkpointEvery - (step % checkpointEvery));
        const begun = now();
        let done = samplesOf(plan, step);
        for await (const result of submitChunks(session, pacer, chunksOf(plan, step, until), order, signal, wait)) {
          for (const members of result.metrics) {
            step++;
            evaluated = false;
            losses = members.map(({ loss }) => loss);
            losses.forEach((loss, m) => {
              epochLoss[m] = (epochLoss[m] ?? 0) + loss;
            });
            if (step % logEvery === 0) yield* stepEvents(plan, step, members);
          }
          done += result.samples;
          epochSamples += result.samples;
          const samplesPerSecond = epochSamples / (epochSeconds + now() - begun + 1e-9);
          options.onProgress?.({
            step,
            steps: plan.steps,
            share: done / samples,
            epoch: epoch + 1,
            losses,
            samplesPerSecond,
          });
        }
        const seconds = now() - begun;
        epochSeconds += seconds;
        trainSeconds += seconds;
        await throwIfAborted();
        isSlow = seconds / (step - from) > SLOW_STEP;
        if (!isSlow) kept = undefined;
        if (step % checkpointEvery === 0 && step < epochEnd) await onCheckpoint?.(await keep());
        else if (isSlow && onCheckpoint && (!kept || now() - kept.at > KEEPING_SHARE * kept.seconds)) await keep();
      }
      const stepsOfEpoch = step - epoch * plan.stepsPerEpoch;
      await evaluation;
      const results = await evaluateTest(session, signal, wait);
      await throwIfAborted();
      last = results.map(({ loss, hits }, model): EvalEvent => {
        const [train_loss, test_accuracy] = [(epochLoss[model] ?? 0) / stepsOfEpoch, hits / plan.data.testCount];
        return { event: "eval", epoch: epoch + 1, step, model, train_loss, test_loss: loss, test_accuracy };
      });
      yield* last;
      evaluated = true;
      if (step % plan.stepsPerEpoch === 0) epochLoss = new Array<number>(P).fill(0);
      if (step < plan.steps && step % checkpointEvery === 0) await onCheckpoint?.(await save());
    }
    await onCheckpoint?.(await save());
    yield {
      event: "done",
      steps: step,
      seconds: { total: now() - started, train: trainSeconds, compile: compiled },
      models: last.map(({ model, train_loss, test_loss, test_accuracy }) => {
        return { seed: plan.members[model]?.seed ?? 0, train_loss, test_loss, test_accuracy };
      }),
    };
  } finally {
    grace.dispose();
  }
}

function* stepEvents(plan: Plan, step: number, metrics: readonly Metrics[]): Generator<RunEvent> {
  for (const [model, { loss }] of metrics.entries()) {
    yield { event: "step", step, model, loss, lr: Number(plan.members[model]?.optimizer.lr) };
  }
}

/** What events and summaries say of the adapter. */
export function adapterSummary({ adapter }: Gpu): object {
  const { name, vendor, architecture, kind, driver, backend, bundled } = adapter;
  return { name, vendor, architecture, kind, driver, backend, bundled };
}
