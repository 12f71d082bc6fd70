import { createStaging, mapCopy } from "../gpu/buffers.ts";
import type { Gpu } from "../gpu/device.ts";
import { bindStep, stepLayout } from "../gpu/kernel.ts";
import { type StructValues, writeStruct } from "../gpu/uniforms.ts";
import { METRICS_BYTES } from "../nn/loss/loss.ts";
import type { Hypers } from "./hypers.ts";
import { optimizerOf, type Plan } from "./plan.ts";
import { STEP_STRIDE } from "./planBuffers.ts";
import { sendStepRows } from "./sendStepRows.ts";

/** Loss (mean over the batch) and hits (a count) of one step of one member. */
export interface Metrics {
  readonly loss: number;
  readonly hits: number;
}

/** The rows of the step uniform for the chunks of a submit. */
export interface StepTable {
  /** Group 0 of every kernel; its dynamic offset is a row times STEP_STRIDE. */
  readonly group: GPUBindGroup;
  /** Sends a row for each chunk, from row 0. */
  send(rows: readonly StructValues[]): void;
}

export function createStepTable(gpu: Gpu, buffer: GPUBuffer): StepTable {
  const layout = stepLayout();
  const view = new DataView(new ArrayBuffer(buffer.size));
  return {
    group: bindStep(gpu, buffer, layout.size),
    send(rows) {
      rows.forEach((values, row) => {
        writeStruct(view, row * STEP_STRIDE, layout, values);
      });
      gpu.device.queue.writeBuffer(buffer, 0, view.buffer, 0, rows.length * STEP_STRIDE);
    },
  };
}

/**
 * Sends the hyper-parameters of steps `from` to `to` (exclusive) of all members.
 * @param hypers what the hyper-parameters are at each step
 * @param enabled whether each member takes part
 */
export function sendHypers(
  gpu: Gpu,
  buffer: GPUBuffer,
  plan: Plan,
  hypers: Hypers,
  enabled: readonly boolean[],
  from: number,
  to: number,
): void {
  const { hyperLayout, groups } = plan;
  const optimizer = optimizerOf(plan);
  sendStepRows(gpu, buffer, plan, groups * hyperLayout.size, from, to, (view, at, m, t) => {
    const hyper = hypers.at(m, t);
    const memory = hypers.memory(m, t);
    for (let group = 0; group < groups; group++) {
      // The second group is what does not decay.
      const own = group === 0 ? hyper : { ...hyper, weight_decay: 0 };
      const values = { enabled: enabled[m] ? 1 : 0, hyper: optimizer.step(own, t + 1, memory) };
      writeStruct(view, at + group * hyperLayout.size, hyperLayout, values);
    }
  });
}

/** Sends what members have to themselves beside hyper-parameters: the table [P], as it is now. */
export function sendMembers(gpu: Gpu, buffer: GPUBuffer, plan: Plan, enabled: readonly boolean[]) {
  const { members, memberLayout } = plan;
  const bytes = new ArrayBuffer(members.length * memberLayout.size);
  const zeros = Object.fromEntries(memberLayout.fields.map(({ name }) => [name, 0]));
  members.forEach((member, m) => {
    const { seed, dropout, label_smoothing, l1 = 0, clip_norm = 0, clip_value = 0, max_norm = 0 } = member;
    // A loss has its parameters under their names; those of other losses stay 0.
    const { name: _, ...parameters } = member.loss;
    const own = { seed, dropout, label_smoothing, l1, clip_norm, clip_value, max_norm };
    const values = { ...zeros, ...(parameters as StructValues), ...own, enabled: enabled[m] ? 1 : 0 };
    writeStruct(new DataView(bytes), m * memberLayout.size, memberLayout, values);
  });
  gpu.device.queue.writeBuffer(buffer, 0, bytes);
}

/** Sends how the weights for evaluation come about after `step` steps to the table `views` [P]. */
export function sendViews(gpu: Gpu, buffer: GPUBuffer, plan: Plan, hypers: Hypers, step: number): void {
  const { evaluation } = optimizerOf(plan);
  const { viewLayout, members } = plan;
  if (!evaluation || !viewLayout) return;
  const view = new DataView(new ArrayBuffer(members.length * viewLayout.size));
  members.forEach((_, m) => {
    const values = evaluation.values(hypers.at(m, Math.max(0, step - 1)), step, hypers.memory(m, step));
    writeStruct(view, m * viewLayout.size, viewLayout, values);
  });
  gpu.device.queue.writeBuffer(buffer, 0, view.buffer);
}

/** Reads rows of the metrics table back, each submit's through a staging buffer of its own. */
export interface MetricsReader {
  /**
   * Encodes a copy of `count` rows from `first` on, round the table's end. Call the result once the commands are submitted:
   * it resolves to the rows, [count][P].
   */
  copy(encoder: GPUCommandEncoder, first: number, count: number): () => Promise<Metrics[][]>;
  destroy(): void;
}

export function createMetricsReader(
  gpu: Gpu,
  buffer: GPUBuffer,
  { tableRows, metricTiles, members }: Plan,
): MetricsReader {
  const memberBytes = metricTiles * METRICS_BYTES;
  const rowBytes = members.length * memberBytes;
  const idle: GPUBuffer[] = [];
  const all: GPUBuffer[] = [];
  const take = () => {
    const staging = idle.pop() ?? createStaging(gpu, (tableRows + 1) * rowBytes);
    if (!all.includes(staging)) all.push(staging);
    return staging;
  };
  return {
    copy(encoder, first, count) {
      const staging = take();
      // Steps go round the table's rows; the evaluation's row lies behind them.
      const untilEnd = first === tableRows ? count : Math.min(count, tableRows - first);
      encoder.copyBufferToBuffer(buffer, first * rowBytes, staging, 0, untilEnd * rowBytes);
      const rest = (count - untilEnd) * rowBytes;
      if (rest > 0) encoder.copyBufferToBuffer(buffer, 0, staging, untilEnd * rowBytes, rest);
      return async () => {
        const view = new DataView(await mapCopy(gpu, staging, count * rowBytes));
        idle.push(staging);
        const metricsAt = (at: number): Metrics => {
          let [loss, hits] = [0, 0];
          for (let tile = at; tile < at + memberBytes; tile += METRICS_BYTES) {
            loss += view.getFloat32(tile, true);
            hits += view.getUint32(tile + 4, true);
          }
          return { loss, hits };
        };
        return Array.from({ length: count }, (_, row) =>
          members.map((_, m) => metricsAt(row * rowBytes + m * memberBytes)),
        );
      };
    },
    destroy() {
      for (const staging of all) staging.destroy();
    },
  };
}
