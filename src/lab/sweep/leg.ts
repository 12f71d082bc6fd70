import type { Dataset } from "../../data/dataset.ts";
import type { Gpu } from "../../gpu/device.ts";
import type { EvalEvent } from "../../io/runLog.ts";
import type { Safetensors } from "../../io/safetensors.ts";
import { positionOf } from "../../train/checkpointPosition.ts";
import { joinMembers } from "../../train/memberCheckpoints.ts";
import type { NamedTensors, Progress } from "../../train/runOptions.ts";
import type { TilingSetting } from "../../train/selectTiling.ts";
import { train } from "../../train/train.ts";
import type { Group } from "./pack.ts";
import type { TrialEvaluation, TrialRecord } from "./trials.ts";

/** Seconds from one checkpoint in the middle of a leg to the next, so that a killed sweep loses no more. */
const SAVE_SECONDS = 60;

/** How legs run, and where what they come to goes. */
export interface LegOptions {
  readonly tiling?: TilingSetting | undefined;
  readonly signal?: AbortSignal | undefined;
  /** What is done of each leg before. */
  readonly records: readonly (TrialRecord | undefined)[];
  /** The record of a trial that nothing is done of. */
  readonly fresh: (place: number) => TrialRecord;
  /** Steps of an epoch of the group's recipe. */
  readonly stepsPerEpoch: number;
  /** Whether the legs end with their trials. */
  readonly isLast: boolean;
  /** Reads the checkpoint of a trial that goes on. */
  readonly readState: (file: string) => Promise<Safetensors>;
  /** Keeps where the legs are, and first their checkpoint where they are to go on from it. */
  readonly save: (records: readonly TrialRecord[], checkpoint?: Safetensors) => Promise<void>;
  readonly onEvaluations?: ((records: readonly TrialRecord[]) => void) | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/**
 * Trains a group's legs to their end, side by side, and keeps their records.
 * @param dataset with the test set held back
 * @throws the signal's reason where it is aborted, after the state was kept
 */
export async function runLegs(gpu: Gpu, dataset: Dataset, group: Group, options: LegOptions): Promise<void> {
  const { stepsPerEpoch, isLast, signal } = options;
  const until = Math.round((group.legs[0]?.until ?? 0) * stepsPerEpoch);
  const before = group.legs.map((_, place) => options.records[place] ?? options.fresh(place));
  const resumeFrom = await stateOf(before, group, options.readState);
  const evaluations = before.map((record): TrialEvaluation[] => [...record.evaluations]);
  const ended = before.map(() => false);
  let kernels = before[0]?.kernels ?? "";
  const begun = performance.now();
  let saved = begun;
  const recordsAt = (step: number, evaluated: boolean, finished: boolean): TrialRecord[] =>
    before.map(({ state: _, ...record }, place) => ({
      ...record,
      kernels,
      step,
      evaluated,
      finished: finished || (ended[place] as boolean),
      evaluations: evaluationsAt(evaluations[place] ?? [], step, evaluated),
      seconds: record.seconds + (performance.now() - begun) / 1000 / before.length,
    }));
  const rung = new AbortController();
  const rungReached = new Error("the rung is reached");
  const onCheckpoint = async (checkpoint: Safetensors) => {
    if (rung.signal.aborted) return;
    const { step, evaluated } = positionOf(checkpoint, "checkpoint");
    const isRung = !isLast && step === until && evaluated;
    const isDue = performance.now() - saved > 1000 * SAVE_SECONDS;
    // At its end a leg needs no checkpoint; before the first step there is nothing to keep.
    if ((!isRung && !signal?.aborted && !isDue) || step === 0 || (isLast && step >= until)) return;
    await options.save(recordsAt(step, evaluated, false), checkpoint);
    saved = performance.now();
    if (isRung) rung.abort(rungReached);
  };
  let total = 0;
  try {
    for await (const event of train(group.recipe, {
      adapter: gpu,
      dataset,
      ensemble: false,
      logEvery: 1_000_000,
      checkpointEvery: stepsPerEpoch,
      onCheckpoint,
      signal: signal ? AbortSignal.any([signal, rung.signal]) : rung.signal,
      ...(resumeFrom && { resumeFrom }),
      ...(!resumeFrom && options.tiling !== undefined && { tiling: options.tiling }),
      ...(options.onProgress && { onProgress: options.onProgress }),
    })) {
      if (event.event === "start") kernels = event.kernels ?? "";
      if (event.event === "eval") {
        evaluations[event.model]?.push(evaluationOf(event));
        if (event.stopped) ended[event.model] = true;
        total = event.step;
        if (event.model === group.legs.length - 1) options.onEvaluations?.(recordsAt(event.step, true, false));
      }
      if (event.event === "done") await options.save(recordsAt(Math.max(total, event.steps), true, true));
    }
  } catch (error) {
    if (error !== rungReached) throw error;
  }
}

/**
 * The evaluations that a trial at a step has behind it: an aborted run's checkpoint may be of a moment ago, and it then makes
 * the later ones again.
 */
export const evaluationsAt = (all: readonly TrialEvaluation[], step: number, evaluated: boolean): TrialEvaluation[] =>
  all.filter((own) => own.step < step || (evaluated && own.step === step));

/** The checkpoint that a group goes on from; undefined where its legs begin. */
async function stateOf(
  records: readonly TrialRecord[],
  group: Group,
  readState: LegOptions["readState"],
): Promise<NamedTensors | undefined> {
  if ((records[0]?.step ?? 0) === 0) return undefined;
  const files = new Map<string, Safetensors>();
  const sources = [];
  for (const { state, key } of records) {
    if (!state) throw new Error(`trial ${key}: it is at a step, but has no state`);
    const checkpoint = files.get(state.file) ?? (await readState(state.file));
    files.set(state.file, checkpoint);
    sources.push({ checkpoint, file: state.file, member: state.member });
  }
  return { file: records[0]?.state?.file ?? "", contents: joinMembers(sources, group.recipe) };
}

function evaluationOf({ epoch, step, train_loss, val_loss, val_accuracy }: EvalEvent): TrialEvaluation {
  return { epoch, step, train_loss, val_loss: val_loss ?? Number.NaN, val_accuracy: val_accuracy ?? Number.NaN };
}
