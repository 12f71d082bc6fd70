import { createBuffer, readBuffer } from "../gpu/buffers.ts";
import { type Gpu, scoped } from "../gpu/device.ts";
import { encodeDispatches, prepareDispatches } from "../gpu/dispatch.ts";
import type { EnsembleResult } from "../io/runLog.ts";
import { ENSEMBLE_METHODS, type EnsembleMethod, OUTCOME_BYTES, predictions } from "../nn/predictions.ts";
import { createPacer } from "./pacer.ts";
import type { Plan } from "./plan.ts";
import { STEP_STRIDE } from "./planBuffers.ts";
import type { Session } from "./session.ts";
import type { Wait } from "./submits.ts";
import { createStepTable } from "./tables.ts";

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
export function fitsPredictions({ device }: Gpu, { members, data }: Plan): boolean {
  const { maxStorageBufferBindingSize, maxBufferSize } = device.limits;
  const bytes = (members.length + ENSEMBLE_METHODS.length) * data.testCount * OUTCOME_BYTES;
  return bytes <= Math.min(maxStorageBufferBindingSize, maxBufferSize);
}

/** How predictions are made. */
export interface PredictOptions {
  /** Whether with the best weights; else with those that the last evaluation took. */
  readonly best?: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly wait?: Wait;
}

/**
 * Predicts the test set. Its kernels are compiled and its buffers allocated here, and freed at the end.
 * @returns undefined where the run was aborted meanwhile
 */
export async function predictTest(
  gpu: Gpu,
  session: Session,
  { best = false, signal, wait = (work) => work }: PredictOptions = {},
): Promise<Predictions | undefined> {
  const { plan } = session;
  const { data, members, evaluateRows, submitChunks, logits } = plan;
  const [count, P] = [data.testCount, members.length];
  const rows = P + ENSEMBLE_METHODS.length;
  const owned: GPUBuffer[] = [];
  try {
    const made = await scoped(gpu, "allocating buffers for predictions", () => {
      const bytes = rows * count * OUTCOME_BYTES;
      const outcomes = createBuffer(gpu, "outcomes", { bytes, usage: "storage", what: `[${rows}, ${count}]` });
      const steps = createBuffer(gpu, "step", { bytes: submitChunks * STEP_STRIDE, usage: "uniform", what: "steps" });
      owned.push(outcomes, steps);
      return { outcomes, steps };
    });
    const names = { z: logits.z, logP: logits.z.replace(/y$/, "dy"), labels: "test_labels", outcomes: "outcomes" };
    const capacity = Math.max(plan.chunkRows, evaluateRows);
    const tail = predictions(names, { classes: data.classes, capacity, members: P, rows: evaluateRows, count });
    const buffers = { ...session.buffers, ...(best && bestInstead(session)), outcomes: made.outcomes };
    const prepared = await prepareDispatches(gpu, [...logits.stage, ...tail], buffers, owned);
    const table = createStepTable(gpu, made.steps);
    const pacer = createPacer(submitChunks);
    for (let start = 0; start < count; ) {
      if (signal?.aborted) return undefined;
      const end = Math.min(count, start + pacer.chunks * evaluateRows);
      const chunks = Array.from({ length: Math.ceil((end - start) / evaluateRows) }, (_, i) => {
        const first_row = start + i * evaluateRows;
        const same = { members: P, slot: 0, first: 1, order_stride: 0, count: 0, inv_batch: 1 / count };
        return { ...same, first_row, rows: Math.min(evaluateRows, end - first_row) };
      });
      table.send(chunks);
      const encoder = gpu.device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      chunks.forEach((_, chunk) => {
        pass.setBindGroup(0, table.group, [chunk * STEP_STRIDE]);
        encodeDispatches(pass, prepared);
      });
      pass.end();
      gpu.device.queue.submit([encoder.finish()]);
      const begun = performance.now();
      await wait(gpu.device.queue.onSubmittedWorkDone());
      pacer.record(chunks.length, performance.now() - begun);
      start = end;
    }
    if (signal?.aborted) return undefined;
    const table32 = await readBuffer(gpu, made.outcomes);
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
  } finally {
    for (const buffer of owned) buffer.destroy();
  }
}

/** The best weights under the names of those that evaluation reads. */
function bestInstead({ plan, buffers }: Session): Record<string, GPUBuffer> {
  const { best } = plan;
  if (!best) return {};
  const { best: params, best_running: running } = buffers as Record<string, GPUBuffer>;
  return {
    ...(params && { [best.params]: params }),
    ...(best.running && running && { [best.running]: running }),
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

/** What the members come to together. */
export function ensembleOf({ ensembles, labels }: Predictions, method: "mean" | "geometric"): EnsembleResult {
  const outcomes = ensembles[method];
  return { method, accuracy: accuracyOf(outcomes, labels), loss: lossOf(outcomes) };
}
