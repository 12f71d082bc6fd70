import type { Split } from "../data/dataset.ts";
import { checkFits, createBuffer, createStaging, mapCopy, readBuffer } from "../gpu/buffers.ts";
import { type Gpu, scoped } from "../gpu/device.ts";
import { encodeDispatches, type PreparedDispatch, prepareDispatches } from "../gpu/dispatch.ts";
import { bindStep, stepLayout } from "../gpu/kernel.ts";
import { type StructValues, writeStruct } from "../gpu/uniforms.ts";
import { METRICS_BYTES } from "../nn/softmaxCrossEntropy.ts";
import type { Hyper, Optimizer } from "../optim/optimizer.ts";
import { findOptimizer } from "../optim/registry.ts";
import { usedSlots } from "../optim/update.ts";
import type { Chunk } from "./chunks.ts";
import { type Plan, STEP_STRIDE, type Stage } from "./plan.ts";

/** Loss (mean over the batch) and hits (a count) of one step of one member. */
export interface Metrics {
  readonly loss: number;
  readonly hits: number;
}

/** The steps that a submit touched: metrics[i][m] of step `first + i` and member m; the last step may be unfinished. */
export interface SubmitResult {
  readonly first: number;
  readonly metrics: readonly (readonly Metrics[])[];
}

/** Arenas that can be read and written: f32 [P, stride], or [P, slots, stride] for the optimizer's state. */
export type ArenaName = "params" | "grads" | "state";

/** A plan realised on a device. */
export interface Session {
  readonly plan: Plan;
  /** Members whose flag is false keep their parameters and state while the others go on. */
  readonly enabled: boolean[];
  /** Compiles the kernels of these stages and binds their buffers; a stage that a session never runs costs nothing. */
  prepare(stages: readonly Stage[]): Promise<void>;
  uploadTrain(split: Split): void;
  uploadTest(split: Split): void;
  /** Fresh parameters from the members' seeds, and the optimizer's state at its start. */
  initialise(): void;
  /**
   * Submits chunks of one epoch, without waiting; the result comes when the device is done with them.
   * @param order sample indices to use in place of the shuffle, one for each sample of the chunks
   */
  train(chunks: readonly Chunk[], order?: Uint32Array): Promise<SubmitResult>;
  /** Evaluates test samples `start` to `end` (exclusive) with every member; metrics add up from a call with start 0. */
  evaluate(start: number, end: number): Promise<readonly Metrics[]>;
  read(arena: ArenaName): Promise<Float32Array<ArrayBuffer>>;
  write(arena: ArenaName, values: Float32Array<ArrayBuffer>): void;
  /** Frees all buffers. */
  destroy(): void;
}

/**
 * Allocates a plan's buffers.
 * @throws GpuError where the device cannot hold one of them, before anything is allocated
 */
export async function openSession(gpu: Gpu, plan: Plan): Promise<Session> {
  checkFits(gpu.device.limits, plan.buffers);
  const { device } = gpu;
  const { queue } = device;
  const owned: GPUBuffer[] = [];
  const P = plan.members.length;
  const buffers = await scoped(gpu, "allocating the plan's buffers", () => {
    const entries = Object.entries(plan.buffers).map(([name, spec]) => [name, createBuffer(gpu, name, spec)] as const);
    owned.push(...entries.map(([, buffer]) => buffer));
    return Object.fromEntries(entries);
  });
  const buffer = (name: string) => buffers[name] as GPUBuffer;
  const step = stepLayout();
  const stepGroup = bindStep(gpu, buffer("step"), step.size);
  const idleStep = createBuffer(gpu, "idle step", { bytes: step.size, usage: "uniform", what: "a step of no samples" });
  owned.push(idleStep);
  const idleGroup = bindStep(gpu, idleStep, step.size);
  const stages: Partial<Record<Stage, readonly PreparedDispatch[]>> = {};
  const stepRows = new DataView(new ArrayBuffer(plan.submitChunks * STEP_STRIDE));
  const metricsRow = P * METRICS_BYTES;
  const stagingPool: GPUBuffer[] = [];
  const enabled: boolean[] = plan.members.map(() => true);
  const optimizer = optimizerOf(plan);

  const stage = (name: Stage) => {
    const dispatches = stages[name];
    if (!dispatches) throw new Error(`stage "${name}" is not prepared: await session.prepare(["${name}"]) first`);
    return dispatches;
  };

  /** Encodes one pass, copies rows of the metrics table out and submits; resolves to those rows. */
  const submit = async (encode: (pass: GPUComputePassEncoder) => void, firstRow: number, rows: number) => {
    const staging = stagingPool.pop() ?? createStaging(gpu, (plan.tableRows + 1) * metricsRow);
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    encode(pass);
    pass.end();
    // Steps go round the table's rows; the evaluation's row lies behind them.
    const untilEnd = firstRow === plan.tableRows ? rows : Math.min(rows, plan.tableRows - firstRow);
    const copy = (from: number, to: number, count: number) =>
      encoder.copyBufferToBuffer(buffer("metrics"), from * metricsRow, staging, to * metricsRow, count * metricsRow);
    copy(firstRow, 0, untilEnd);
    if (untilEnd < rows) copy(0, untilEnd, rows - untilEnd);
    queue.submit([encoder.finish()]);
    const bytes = await mapCopy(gpu, staging, rows * metricsRow);
    stagingPool.push(staging);
    const view = new DataView(bytes);
    return Array.from({ length: rows }, (_, row) =>
      Array.from({ length: P }, (_, m): Metrics => {
        const at = row * metricsRow + m * METRICS_BYTES;
        return { loss: view.getFloat32(at, true), hits: view.getUint32(at + 4, true) };
      }),
    );
  };

  const writeStepRow = (row: number, values: StructValues) => writeStruct(stepRows, row * STEP_STRIDE, step, values);
  const sendStepRows = (rows: number) => queue.writeBuffer(buffer("step"), 0, stepRows.buffer, 0, rows * STEP_STRIDE);

  /** Writes the hyper-parameters of steps `from` to `to` (exclusive) of all members. */
  const sendHypers = (from: number, to: number) => {
    const { size } = plan.hyperLayout;
    const bytes = new ArrayBuffer((to - from) * P * size);
    const view = new DataView(bytes);
    for (let t = from; t < to; t++) {
      plan.members.forEach(({ optimizer: { name: _, ...hyper } }, m) => {
        const values = { enabled: enabled[m] ? 1 : 0, hyper: optimizer.step(hyper as Hyper, t + 1) };
        writeStruct(view, ((t - from) * P + m) * size, plan.hyperLayout, values);
      });
    }
    const row = from % plan.tableRows;
    const head = Math.min(to - from, plan.tableRows - row);
    queue.writeBuffer(buffer("hypers"), row * P * size, bytes, 0, head * P * size);
    if (head < to - from) queue.writeBuffer(buffer("hypers"), 0, bytes, head * P * size);
  };

  const fillOrder = (pass: GPUComputePassEncoder) => {
    pass.setBindGroup(0, stepGroup, [0]);
    encodeDispatches(pass, stage("shuffle"));
  };

  return {
    plan,
    enabled,
    async prepare(names) {
      const wanted = names.filter((name) => !stages[name]);
      const prepared = await Promise.all(
        wanted.map((name) => prepareDispatches(gpu, plan.stages[name], buffers, owned)),
      );
      // Some drivers (llvmpipe) compile a kernel only when it first runs: here it does, over a step of no samples.
      const encoder = device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      pass.setBindGroup(0, idleGroup, [0]);
      wanted.forEach((name, i) => {
        const dispatches = prepared[i] as PreparedDispatch[];
        stages[name] = dispatches;
        const hasStep = name !== "init"; // which would write parameters
        if (hasStep)
          encodeDispatches(
            pass,
            dispatches.map((dispatch) => ({ ...dispatch, workgroups: [1, 1, 1] })),
          );
      });
      pass.end();
      queue.submit([encoder.finish()]);
      await queue.onSubmittedWorkDone();
      gpu.check();
    },
    uploadTrain(split) {
      writeBytes(queue, buffer("train_images"), split.images);
      writeBytes(queue, buffer("train_labels"), split.labels);
    },
    uploadTest(split) {
      writeBytes(queue, buffer("test_images"), split.images);
      writeBytes(queue, buffer("test_labels"), split.labels);
      queue.writeBuffer(
        buffer("test_order"),
        0,
        Uint32Array.from({ length: split.count }, (_, i) => i),
      );
    },
    initialise() {
      queue.writeBuffer(
        buffer("seeds"),
        0,
        Uint32Array.from(plan.members, ({ seed }) => seed),
      );
      const encoder = device.createCommandEncoder();
      for (const arena of ["params", "state"] as const) if (buffers[arena]) encoder.clearBuffer(buffers[arena]);
      const pass = encoder.beginComputePass();
      pass.setBindGroup(0, stepGroup, [0]);
      encodeDispatches(pass, stage("init"));
      pass.end();
      queue.submit([encoder.finish()]);
      if (buffers.state) fillState(queue, buffers.state, plan);
    },
    async train(chunks, order) {
      const [first, last] = [chunks[0], chunks.at(-1)] as [Chunk, Chunk];
      const samples = chunks.reduce((sum, { rows }) => sum + rows, 0);
      let row0 = 0;
      chunks.forEach((chunk, row) => {
        writeStepRow(row, {
          members: P,
          slot: chunk.step % plan.tableRows,
          first: chunk.isFirst ? 1 : 0,
          rows: chunk.rows,
          first_row: row0,
          order_stride: plan.submitSamples,
          count: chunk.step,
          inv_batch: 1 / chunk.batch,
        });
        row0 += chunk.rows;
      });
      sendStepRows(chunks.length);
      sendHypers(first.step, last.step + 1);
      if (order) {
        for (let m = 0; m < P; m++) {
          queue.writeBuffer(buffer("order"), 4 * m * plan.submitSamples, order as Uint32Array<ArrayBuffer>);
        }
      } else {
        const range = [
          plan.data.trainCount,
          plan.data.trainCount,
          first.epoch,
          first.position,
          samples,
          0,
          plan.submitSamples,
          1,
        ];
        queue.writeBuffer(buffer("range"), 0, Uint32Array.from(range));
      }
      const [chunkStage, updateStage] = [stage("chunk"), stage("update")];
      const encode = (pass: GPUComputePassEncoder) => {
        if (!order) fillOrder(pass);
        chunks.forEach((chunk, row) => {
          pass.setBindGroup(0, stepGroup, [row * STEP_STRIDE]);
          encodeDispatches(pass, chunkStage);
          if (chunk.isLast) encodeDispatches(pass, updateStage);
        });
      };
      const metrics = await submit(encode, first.step % plan.tableRows, last.step + 1 - first.step);
      return { first: first.step, metrics };
    },
    async evaluate(start, end) {
      const rows = plan.evaluateRows;
      const count = Math.ceil((end - start) / rows);
      for (let row = 0; row < count; row++) {
        const at = start + row * rows;
        writeStepRow(row, {
          members: P,
          slot: plan.tableRows,
          first: at === 0 ? 1 : 0,
          rows: Math.min(rows, end - at),
          first_row: at,
          order_stride: 0,
          count: 0,
          inv_batch: 1 / plan.data.testCount,
        });
      }
      sendStepRows(count);
      const evaluateStage = stage("evaluate");
      const encode = (pass: GPUComputePassEncoder) => {
        for (let row = 0; row < count; row++) {
          pass.setBindGroup(0, stepGroup, [row * STEP_STRIDE]);
          encodeDispatches(pass, evaluateStage);
        }
      };
      const [metrics] = await submit(encode, plan.tableRows, 1);
      return metrics as Metrics[];
    },
    async read(arena) {
      return buffers[arena] ? new Float32Array(await readBuffer(gpu, buffers[arena])) : new Float32Array(0);
    },
    write(arena, values) {
      if (buffers[arena]) queue.writeBuffer(buffers[arena], 0, values);
    },
    destroy() {
      for (const buffer of [...owned, ...stagingPool]) buffer.destroy();
    },
  };
}

/** Fills slots of the optimizer's state [P, slots, stride] that start at another value than 0. */
function fillState(queue: GPUQueue, state: GPUBuffer, plan: Plan): void {
  const { members, slots, model } = plan;
  const { stride } = model.arena;
  const optimizer = optimizerOf(plan);
  members.forEach(({ optimizer: { name: _, ...hyper } }, m) => {
    usedSlots(optimizer, hyper as Hyper).forEach(({ fill = 0 }, slot) => {
      if (fill !== 0)
        queue.writeBuffer(state, 4 * (m * slots.length + slot) * stride, new Float32Array(stride).fill(fill));
    });
  });
}

/** The plan is data and holds the optimizer's name alone. */
function optimizerOf({ recipe }: Plan): Optimizer {
  return findOptimizer(recipe.optimizer.name) as Optimizer;
}

/** writeBuffer wants a multiple of 4 bytes; the last few go in a padded copy. */
function writeBytes(queue: GPUQueue, buffer: GPUBuffer, bytes: Uint8Array): void {
  const whole = bytes.length - (bytes.length % 4);
  queue.writeBuffer(buffer, 0, bytes as Uint8Array<ArrayBuffer>, 0, whole);
  if (whole === bytes.length) return;
  const tail = new Uint8Array(4);
  tail.set(bytes.subarray(whole));
  queue.writeBuffer(buffer, whole, tail);
}
