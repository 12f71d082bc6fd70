import type { Split } from "../data/dataset.ts";
import { checkFits, createBuffer, readBuffer } from "../gpu/buffers.ts";
import { type Gpu, scoped } from "../gpu/device.ts";
import { encodeDispatches, type PreparedDispatch, prepareDispatches } from "../gpu/dispatch.ts";
import { encodeStruct } from "../gpu/uniforms.ts";
import type { Hyper } from "../optim/optimizer.ts";
import { usedSlots } from "../optim/update.ts";
import type { Chunk } from "./chunks.ts";
import { optimizerOf, type Plan, STEP_STRIDE, type Stage } from "./plan.ts";
import { createMetricsReader, createStepTable, type Metrics, sendHypers } from "./tables.ts";

export type { Metrics };

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
    const specs = {
      ...plan.buffers,
      "idle step": { bytes: STEP_STRIDE, usage: "uniform", what: "no samples" } as const,
    };
    const entries = Object.entries(specs).map(([name, spec]) => [name, createBuffer(gpu, name, spec)] as const);
    owned.push(...entries.map(([, buffer]) => buffer));
    return Object.fromEntries(entries);
  });
  const buffer = (name: string) => buffers[name] as GPUBuffer;
  const steps = createStepTable(gpu, buffer("step"));
  const idle = createStepTable(gpu, buffer("idle step"));
  const metrics = createMetricsReader(gpu, buffer("metrics"), plan);
  const stages: Partial<Record<Stage, readonly PreparedDispatch[]>> = {};
  const enabled: boolean[] = plan.members.map(() => true);

  const stage = (name: Stage) => {
    const dispatches = stages[name];
    if (!dispatches) throw new Error(`stage "${name}" is not prepared: await session.prepare(["${name}"]) first`);
    return dispatches;
  };
  const encodePass = (encoder: GPUCommandEncoder, encode: (pass: GPUComputePassEncoder) => void) => {
    const pass = encoder.beginComputePass();
    encode(pass);
    pass.end();
  };
  /** Encodes one pass, submits it, and resolves to rows of the metrics table after it. */
  const submit = (encode: (pass: GPUComputePassEncoder) => void, firstRow: number, rows: number) => {
    const encoder = device.createCommandEncoder();
    encodePass(encoder, encode);
    const read = metrics.copy(encoder, firstRow, rows);
    queue.submit([encoder.finish()]);
    return read();
  };

  /** Which samples each row of a submit's chunks takes: those given, or the shuffle's. */
  const sendOrder = (first: Chunk, samples: number, order: Uint32Array | undefined) => {
    const { trainCount } = plan.data;
    const range = { count: trainCount, epoch_length: trainCount, epoch: first.epoch, start: first.position };
    const target = { length: samples, first: 0, stride: plan.submitSamples, shuffled: 1 };
    if (!order) return queue.writeBuffer(buffer("range"), 0, encodeStruct(plan.rangeLayout, { ...range, ...target }));
    for (let m = 0; m < P; m++) {
      queue.writeBuffer(buffer("order"), 4 * m * plan.submitSamples, order as Uint32Array<ArrayBuffer>);
    }
  };

  return {
    plan,
    enabled,
    async prepare(names) {
      const wanted = names.filter((name) => !stages[name]);
      const prepared = await Promise.all(
        wanted.map((name) => prepareDispatches(gpu, plan.stages[name], buffers, owned)),
      );
      wanted.forEach((name, i) => {
        stages[name] = prepared[i] as PreparedDispatch[];
      });
      // Some drivers (llvmpipe) compile a kernel only when it first runs: here it does, over a step of no samples.
      const encoder = device.createCommandEncoder();
      encodePass(encoder, (pass) => {
        pass.setBindGroup(0, idle.group, [0]);
        for (const name of wanted) {
          if (name === "init") continue; // it has no step, and would write parameters
          encodeDispatches(
            pass,
            stage(name).map((dispatch) => ({ ...dispatch, workgroups: [1, 1, 1] })),
          );
        }
      });
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
      encodePass(encoder, (pass) => {
        pass.setBindGroup(0, idle.group, [0]);
        encodeDispatches(pass, stage("init"));
      });
      queue.submit([encoder.finish()]);
      if (buffers.state) fillState(queue, buffers.state, plan);
    },
    async train(chunks, order) {
      const [first, last] = [chunks[0], chunks.at(-1)] as [Chunk, Chunk];
      let samples = 0;
      const rows = chunks.map(({ step, isFirst, rows, batch }) => {
        samples += rows;
        return {
          members: P,
          slot: step % plan.tableRows,
          first: isFirst ? 1 : 0,
          rows,
          first_row: samples - rows,
          order_stride: plan.submitSamples,
          count: step,
          inv_batch: 1 / batch,
        };
      });
      steps.send(rows);
      sendHypers(gpu, buffer("hypers"), plan, enabled, first.step, last.step + 1);
      sendOrder(first, samples, order);
      const [shuffleStage, chunkStage, updateStage] = [stage("shuffle"), stage("chunk"), stage("update")];
      const encode = (pass: GPUComputePassEncoder) => {
        pass.setBindGroup(0, steps.group, [0]);
        if (!order) encodeDispatches(pass, shuffleStage);
        chunks.forEach((chunk, row) => {
          pass.setBindGroup(0, steps.group, [row * STEP_STRIDE]);
          encodeDispatches(pass, chunkStage);
          if (chunk.isLast) encodeDispatches(pass, updateStage);
        });
      };
      const count = last.step + 1 - first.step;
      return { first: first.step, metrics: await submit(encode, first.step % plan.tableRows, count) };
    },
    async evaluate(start, end) {
      const { evaluateRows, tableRows, data } = plan;
      const rows = Array.from({ length: Math.ceil((end - start) / evaluateRows) }, (_, i) => {
        const at = start + i * evaluateRows;
        return {
          members: P,
          slot: tableRows,
          first: at === 0 ? 1 : 0,
          rows: Math.min(evaluateRows, end - at),
          first_row: at,
          order_stride: 0,
          count: 0,
          inv_batch: 1 / data.testCount,
        };
      });
      steps.send(rows);
      const evaluateStage = stage("evaluate");
      const encode = (pass: GPUComputePassEncoder) => {
        rows.forEach((_, row) => {
          pass.setBindGroup(0, steps.group, [row * STEP_STRIDE]);
          encodeDispatches(pass, evaluateStage);
        });
      };
      const [result] = await submit(encode, tableRows, 1);
      return result as Metrics[];
    },
    async read(arena) {
      return buffers[arena] ? new Float32Array(await readBuffer(gpu, buffers[arena])) : new Float32Array(0);
    },
    write(arena, values) {
      if (buffers[arena]) queue.writeBuffer(buffers[arena], 0, values);
    },
    destroy() {
      for (const buffer of owned) buffer.destroy();
      metrics.destroy();
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

/** writeBuffer wants a multiple of 4 bytes; the last few go in a padded copy. */
function writeBytes(queue: GPUQueue, buffer: GPUBuffer, bytes: Uint8Array): void {
  const whole = bytes.length - (bytes.length % 4);
  queue.writeBuffer(buffer, 0, bytes as Uint8Array<ArrayBuffer>, 0, whole);
  if (whole === bytes.length) return;
  const tail = new Uint8Array(4);
  tail.set(bytes.subarray(whole));
  queue.writeBuffer(buffer, whole, tail);
}
