import { type BufferSpec, readBuffer } from "../gpu/buffers.ts";
import type { Gpu } from "../gpu/device.ts";
import type { EnsembleResult } from "../io/runLog.ts";
import { ENSEMBLE_METHODS, type EnsembleMethod, OUTCOME_BYTES, predictions } from "../nn/predictions.ts";
import type { Plan } from "./plan.ts";
import { predictedBytes } from "./predictValues.ts";
import { type PredictOptions, runOverTest } from "./runOverTest.ts";
import type { Session } from "./session.ts";

/** What one predictor, a member or several together, makes of each test sample. */
export interface Outcomes {
  /** The predicted classes, [count]. */
  readonly winners: Uint32Array;
  /** Their probabilities, [count]. */
  readonly confidences: Float32Array;
  /** -log of the labels' probabilities, [count]; a vote's are all 0. */
  readonly losses: Float32Array;
}

/** All predictions for the test set. */
export interface Predictions {
  /** Of the test samples, [count]. */
  readonly labels: Uint8Array;
  readonly members: readonly Outcomes[];
  /** Of all members together, by each method. */
  readonly ensembles: Readonly<Record<EnsembleMethod, Outcomes>>;
}

/** Whether a plan's members are an ensemble unless something else is asked for: a population that differs in its seeds. */
export const isEnsemble = ({ members, recipe }: Plan): boolean => members.length > 1 && recipe.vary === undefined;

/** Whether the device can hold the predictions of all members at once. */
export function fitsPredictions({ device }: Gpu, plan: Plan): boolean {
  const { members, data } = plan;
  const { maxStorageBufferBindingSize, maxBufferSize } = device.limits;
  const outcomes = (members.length + ENSEMBLE_METHODS.length) * data.testCount * OUTCOME_BYTES;
  const bytes = data.targets === "values" ? predictedBytes(plan) : outcomes;
  return bytes <= Math.min(maxStorageBufferBindingSize, maxBufferSize);
}

/**
 * Predicts the test set. Its kernels are compiled and its buffers allocated here, and freed at the end.
 * @returns undefined where the run was aborted meanwhile
 */
export async function predictTest(
  gpu: Gpu,
  session: Session,
  options: PredictOptions = {},
): Promise<Predictions | undefined> {
  const { plan } = session;
  const { data, members, evaluateRows, logits } = plan;
  const [count, P] = [data.testCount, members.length];
  const rows = P + ENSEMBLE_METHODS.length;
  const outcomes: BufferSpec = { bytes: rows * count * OUTCOME_BYTES, usage: "storage", what: `[${rows}, ${count}]` };
  const names = { z: logits.z, logP: logits.z.replace(/y$/, "dy"), labels: "test_labels", outcomes: "outcomes" };
  const capacity = Math.max(plan.chunkRows, evaluateRows);
  const tail = predictions(names, { classes: data.classes, capacity, members: P, rows: evaluateRows, count });
  const table32 = await runOverTest(gpu, session, { outcomes }, tail, options);
  if (!table32) return undefined;
  const labels = new Uint8Array(await readBuffer(gpu, session.buffers.test_labels as GPUBuffer)).subarray(0, count);
  const outcomesOf = (row: number) => decode(table32, row, count);
  return {
    labels,
    members: members.map((_, m) => outcomesOf(m)),
    ensembles: Object.fromEntries(ENSEMBLE_METHODS.map((method, i) => [method, outcomesOf(P + i)])) as Record<
      EnsembleMethod,
      Outcomes
    >,
  };
}

function decode(bytes: ArrayBuffer, row: number, count: number): Outcomes {
  const words = OUTCOME_BYTES / 4;
  const [integers, floats] = [new Uint32Array(bytes), new Float32Array(bytes)];
  const at = (sample: number, field: number) => (row * count + sample) * words + field;
  return {
    winners: Uint32Array.from({ length: count }, (_, sample) => integers[at(sample, 0)] as number),
    confidences: Float32Array.from({ length: count }, (_, sample) => floats[at(sample, 1)] as number),
    losses: Float32Array.from({ length: count }, (_, sample) => floats[at(sample, 2)] as number),
  };
}

/** Share of the samples whose winner is their label. */
export function accuracyOf({ winners }: Outcomes, labels: Uint8Array): number {
  return winners.reduce((hits, winner, sample) => hits + (winner === labels[sample] ? 1 : 0), 0) / labels.length;
}

/** Mean over the samples. */
export function lossOf({ losses }: Outcomes): number {
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

/**
 * What the members come to together.
 * @param loss the recipe's: what others make small is not what the probabilities of several have
 */
export function ensembleOf(
  { ensembles, labels }: Predictions,
  method: "mean" | "geometric",
  loss = "cross_entropy",
): EnsembleResult {
  const outcomes = ensembles[method];
  const measured = loss === "cross_entropy" && { loss: lossOf(outcomes) };
  return { method, accuracy: accuracyOf(outcomes, labels), ...measured };
}
