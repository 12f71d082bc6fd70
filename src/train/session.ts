import type { Split } from "../data/dataset.ts";
import { checkFits, createBuffer, readBuffer } from "../gpu/buffers.ts";
import { type Gpu, scoped } from "../gpu/device.ts";
import { encodeDispatches, type PreparedDispatch, prepareDispatches } from "../gpu/dispatch.ts";
import { encodeStruct } from "../gpu/uniforms.ts";
import { MEMBER_BUFFER } from "../nn/member.ts";
import { type Chunk, spanOf } from "./chunks.ts";
import { createHypers, type Hypers } from "./hypers.ts";
import { encodeStarts, fillState, type KeptState, runningStart } from "./kept.ts";
import type { Plan, Stage } from "./plan.ts";
import { STEP_STRIDE } from "./planBuffers.ts";
import { type Evaluated, evaluationRows, trainRows, updateRows } from "./stepRows.ts";
import { createMetricsReader, createStepTable, type Metrics, sendHypers, sendMembers, sendViews } from "./tables.ts";
import { sendTest, sendTrain } from "./upload.ts";

export type { Metrics };

/** The steps that a submit touched: metrics[i][m] of step `first + i` and member m; the last step may be unfinished. */
export interface SubmitResult {
  readonly first: number;
  readonly metrics: readonly (readonly Metrics[])[];
}

/**
 * Arenas that can be read and written: f32 [P, stride], or [P, slots, stride] for the optimizer's state. `running`, batch
 * norm's statistics, has a stride of its own.
 */
export type ArenaName = "params" | "grads" | "running" | "best" | "best_running" | KeptState["buffer"];

/** A plan realised on a device. */
export interface Session {
  readonly plan: Plan;
  /** Members whose flag is false keep their parameters and state while the others go on. */
  readonly enabled: boolean[];
  /** The members' hyper-parameters, which schedules move. */
  readonly hypers: Hypers;
  /** Steps done, as far as submitted; set where a run goes on from a checkpoint. */
  step: number;
  /** Compiles the kernels of these stages and binds their buffers; a stage that a session never runs costs nothing. */
  prepare(stages: readonly Stage[]): Promise<void>;
  /** The whole training set: validation samples that the plan holds out are taken from it here. */
  uploadTrain(split: Split): void;
  uploadTest(split: Split): void;
  /** Fresh parameters from the members' seeds, and the optimizer's state at its start. */
  initialise(): void;
  /**
   * Submits chunks of one epoch, without waiting; the result comes when the device is done with them.
   * @param order sample indices to use in place of the shuffle, one for each sample of the chunks
   */
  train(chunks: readonly Chunk[], order?: Uint32Array): Promise<SubmitResult>;
  /**
   * Evaluates samples `start` to `end` (exclusive) of a set, the test set unless said, with every member; metrics add up from
   * a call with start 0.
   */
  evaluate(start: number, end: number, of?: Evaluated): Promise<readonly Metrics[]>;
  /** Keeps a copy of members' weights as the last evaluation took them, where the plan has room for the best. */
  keepBest(members: readonly number[]): void;
  read(arena: ArenaName): Promise<Float32Array<ArrayBuffer>>;
  write(arena: ArenaName, values: Float32Array<ArrayBuffer>): void;
  /**
   * The compiled dispatches of a stage that is prepared, and group 0, whose row at offset 0 is the first chunk of the last
   * submit: for measuring kernels apart from training, which they change the parameters of.
   */
  prepared(stage: Stage): readonly PreparedDispatch[];
  readonly stepGroup: GPUBindGroup;
  /** The plan's buffers by name. */
  readonly buffers: Readonly<Record<string, GPUBuffer>>;
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
  const hypers = createHypers(plan);
  let done = 0;

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
  /** Encodes one pass after what `before` encodes, submits it, and resolves to rows of the metrics table after it. */
  const submit = (
    encode: (pass: GPUComputePassEncoder) => void,
    firstRow: number,
    rows: number,
    before: (encoder: GPUCommandEncoder) => void,
  ) => {
    const encoder = device.createCommandEncoder();
    before(encoder);
    encodePass(encoder, encode);
    const read = metrics.copy(encoder, firstRow, rows);
    queue.submit([encoder.finish()]);
    return read();
  };

  /** Which samples each row of a submit's chunks takes: those given, or the shuffle's. */
  const sendOrder = (chunks: readonly Chunk[], order: Uint32Array | undefined) => {
    const [first, samples] = [chunks[0] as Chunk, spanOf(chunks).samples];
    const { trainCount } = plan.data;
    const range = { count: trainCount, epoch_length: trainCount, epoch: first.epoch, start: first.position };
    const target = { length: samples, first: 0, stride: plan.submitSamples, shuffled: 1 };
    if (!order) return queue.writeBuffer(buffer("range"), 0, encodeStruct(plan.rangeLayout, { ...range, ...target }));
    for (let m = 0; m < P; m++) {
      queue.writeBuffer(buffer("order"), 4 * m * plan.submitSamples, order as Uint32Array<ArrayBuffer>);
    }
  };

  /** Before the first step. */
  const copyStarts = (encoder: GPUCommandEncoder) => encodeStarts(encoder, buffer, plan);
  /** A stage that few plans have, which need not be prepared where it is empty. */
  const optional = (name: Stage) => (plan.stages[name].length > 0 ? stage(name) : []);

  return {
    plan,
    enabled,
    hypers,
    get step() {
      return done;
    },
    set step(step) {
      done = step;
    },
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
    uploadTrain: (split) => sendTrain(queue, buffer, plan, split),
    uploadTest: (split) => sendTest(queue, buffer, plan, split),
    initialise() {
      queue.writeBuffer(
        buffer("seeds"),
        0,
        Uint32Array.from(plan.members, ({ seed }) => seed),
      );
      const encoder = device.createCommandEncoder();
      for (const name of ["params", ...plan.kept.map(({ buffer }) => buffer)]) encoder.clearBuffer(buffer(name));
      encodePass(encoder, (pass) => {
        pass.setBindGroup(0, idle.group, [0]);
        encodeDispatches(pass, stage("init"));
      });
      queue.submit([encoder.finish()]);
      fillState(queue, buffer, plan);
      done = 0;
      if (buffers.running) queue.writeBuffer(buffers.running, 0, runningStart(plan));
    },
    async train(chunks, order) {
      const [first, last] = [chunks[0], chunks.at(-1)] as [Chunk, Chunk];
      const rows = trainRows(plan, chunks);
      const updates = updateRows(plan, chunks);
      steps.send([...rows, ...updates]);
      sendHypers(gpu, buffer("hypers"), plan, hypers, enabled, first.step, last.step + 1);
      if (buffers[MEMBER_BUFFER]) sendMembers(gpu, buffers[MEMBER_BUFFER], plan, enabled);
      sendOrder(chunks, order);
      const [shuffleStage, chunkStage, updateStage] = [stage("shuffle"), stage("chunk"), stage("update")];
      const [betweenStage, syncStage] = [optional("between"), optional("sync")];
      const encode = (pass: GPUComputePassEncoder) => {
        pass.setBindGroup(0, steps.group, [0]);
        if (!order) encodeDispatches(pass, shuffleStage);
        let update = rows.length;
        chunks.forEach((chunk, row) => {
          pass.setBindGroup(0, steps.group, [row * STEP_STRIDE]);
          encodeDispatches(pass, chunkStage);
          if (chunk.endsGradient && !chunk.isLast) encodeDispatches(pass, betweenStage);
          if (!chunk.isLast) return;
          if (chunk.gradient > 0) pass.setBindGroup(0, steps.group, [update++ * STEP_STRIDE]);
          encodeDispatches(pass, updateStage);
          if ((chunk.step + 1) % plan.syncEvery === 0) encodeDispatches(pass, syncStage);
        });
      };
      const count = last.step + 1 - first.step;
      const isStart = first.step === 0 && first.isFirst && first.gradient === 0;
      done = last.isLast ? last.step + 1 : last.step;
      const prepare = isStart ? copyStarts : () => {};
      return { first: first.step, metrics: await submit(encode, first.step % plan.tableRows, count, prepare) };
    },
    async evaluate(start, end, of = "test") {
      const rows = evaluationRows(plan, start, end, of);
      steps.send(rows);
      const [viewStage, evaluateStage] = [optional("view"), stage(of === "test" ? "evaluate" : "validate")];
      if (buffers.views) sendViews(gpu, buffers.views, plan, hypers, done);
      const encode = (pass: GPUComputePassEncoder) => {
        pass.setBindGroup(0, steps.group, [0]);
        encodeDispatches(pass, viewStage);
        rows.forEach((_, row) => {
          pass.setBindGroup(0, steps.group, [row * STEP_STRIDE]);
          encodeDispatches(pass, evaluateStage);
        });
      };
      const [result] = await submit(encode, plan.tableRows, 1, done === 0 ? copyStarts : () => {});
      return result as Metrics[];
    },
    keepBest(members) {
      const { best, model } = plan;
      if (!best) return;
      const encoder = device.createCommandEncoder();
      const copy = (from: string, to: string, stride: number) => {
        for (const m of members) {
          encoder.copyBufferToBuffer(buffer(from), 4 * m * stride, buffer(to), 4 * m * stride, 4 * stride);
        }
      };
      copy(best.params, "best", model.arena.stride);
      if (best.running) copy(best.running, "best_running", model.running.stride);
      queue.submit([encoder.finish()]);
    },
    async read(arena) {
      return buffers[arena] ? new Float32Array(await readBuffer(gpu, buffers[arena])) : new Float32Array(0);
    },
    write(arena, values) {
      if (buffers[arena]) queue.writeBuffer(buffers[arena], 0, values);
    },
    prepared: stage,
    stepGroup: steps.group,
    buffers,
    destroy() {
      for (const buffer of owned) buffer.destroy();
      metrics.destroy();
    },
  };
}
