import type { Dataset, Split } from "../data/dataset.ts";
import { valuesOf } from "../data/spread.ts";
import type { Gpu } from "../gpu/device.ts";
import type { EnsembleResult } from "../io/runLog.ts";
import { quadsOf } from "./dataShape.ts";
import { valueFigures } from "./figures.ts";
import type { Plan } from "./plan.ts";
import { type PredictOptions, runOverTest } from "./runOverTest.ts";
import type { Session } from "./session.ts";

/** Standardised values that each member predicts for the test set: f32 [count, ceil4(values)], pads 0. */
export type PredictedValues = readonly Float32Array[];

/** Bytes of all members' predictions. */
export const predictedBytes = ({ members, data }: Plan): number =>
  16 * members.length * data.testCount * quadsOf(data.classes);

/**
 * Predicts the values of the test set.
 * @returns undefined where the run was aborted meanwhile
 */
export async function predictValues(
  gpu: Gpu,
  session: Session,
  options: PredictOptions = {},
): Promise<PredictedValues | undefined> {
  const { plan } = session;
  const { data, members, chunkRows, evaluateRows, logits } = plan;
  const rowBytes = 16 * quadsOf(data.classes);
  const [capacity, ofMember] = [Math.max(chunkRows, evaluateRows), data.testCount * rowBytes];
  const what = `predictions, f32 [P=${members.length}, ${data.testCount}, ${data.classes}]`;
  const predictions = { bytes: predictedBytes(plan), usage: "storage", what } as const;
  const z = session.buffers[logits.z] as GPUBuffer;
  const bytes = await runOverTest(
    gpu,
    session,
    { predictions },
    [],
    options,
    (encoder, result, { first_row, rows }) => {
      for (const m of members.keys()) {
        const at = m * ofMember + first_row * rowBytes;
        encoder.copyBufferToBuffer(z, m * capacity * rowBytes, result, at, rows * rowBytes);
      }
    },
  );
  return bytes && members.map((_, m) => new Float32Array(bytes, m * ofMember, ofMember / 4));
}

/** The mean of the members' predictions, added in their order. */
export function meanValues(members: PredictedValues): Float64Array {
  return Float64Array.from(members[0] ?? [], (_, i) => {
    return members.reduce((sum, own) => sum + (own[i] as number), 0) / members.length;
  });
}

/** Mean squared error of predictions, also over the values of a sample. */
export function squaredError(predicted: ArrayLike<number>, split: Split): number {
  const told = valuesOf(split);
  const squares = told.reduce((sum, value, i) => sum + ((predicted[i] as number) - value) ** 2, 0);
  return squares / split.count / (split.values ?? 1);
}

/** What the members come to together. */
export function valueEnsemble(members: PredictedValues, { test, table }: Dataset): EnsembleResult {
  const loss = squaredError(meanValues(members), test);
  return { method: "mean", ...valueFigures(test, table)({ loss, hits: 0 }) };
}
