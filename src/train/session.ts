import type { Split } from "../data/dataset.ts";
import { checkFits, createBuffer, readBuffer } from "../gpu/buffers.ts";
import { type Gpu, scoped } from "../gpu/device.ts";
import { encodeDispatches, type PreparedDispatch, prepareDispatches } from "../gpu/dispatch.ts";
import type { StructValues } from "../gpu/uniforms.ts";
import { MEMBER_BUFFER, MEMBER_STEP_BUFFER } from "../nn/member.ts";
import { isBeforeAverage } from "../optim/averaging.ts";
import { AUGMENT_BUFFER, augmentRows } from "./augmentation.ts";
import type { Chunk } from "./chunks.ts";
import { copyMembers, type MemberCopy } from "./copyMembers.ts";
import { createHypers, type Hypers } from "./hypers.ts";
import { encodeStarts, fillState, type KeptState, runningStart } from "./kept.ts";
import { sendMemberSteps } from "./memberSteps.ts";
import { type Member, memberOf, recipeWith } from "./members.ts";
import type { Plan, Stage } from "./plan.ts";
import { STEP_STRIDE } from "./planBuffers.ts";
import {
  type Evaluated,
  evaluationRows,
  statisticsBatches,
  statisticsRows,
  trainRows,
  updateRows,
} from "./stepRows.ts";
import { createMetricsReader, createStepTable, type Metrics, sendHypers, sendMembers, sendViews } from "./tables.ts";
import { encodeSteps, sendOrder } from "./trainSubmit.ts";
import { sendTest, sendTrain } from "./upload.ts";
import { encodeBest } from "./validation.ts";
import { type Rows, type VaryValue, varyRows } from "./vary.ts";

export type { Metrics };

/** The steps that a submit touched: metrics[i][m] of step `first + i` and member m; the last step may be unfinished. */
export interface SubmitResult {
  readonly first: number;
  readonly metrics: readonly (readonly Metrics[])[];
}

/**
 * Arenas that can be read and written: f32 [P, stride], or [P, slots, stride] for the optimizer's state. `running`, batch
 * norm's statistics, has a stride of its own; `seen_running` are those of the weights that are evaluated.
 */
export type ArenaName =
  | ("params" | "grads" | "running" | "seen_running" | "best" | "best_running")
  | KeptState["buffer"];

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
  /**
   * Batches of training samples from which batch norm's statistics of the weights that are evaluated must be taken anew
   * before an evaluation; 0 where they are as of the last step, or the plan has none.
   */
  readonly statisticsDue: number;
  /** Takes them from batches `from` to `to` (exclusive), in turn from 0 on. */
  gatherStatistics(from: number, to: number): Promise<void>;
  /** Each member's values of the recipe's `vary` as they are now; undefined where it has none. */
  readonly rows: Rows | undefined;
  /**
   * Gives a member other values of the recipe's `vary` from the next step on. Nothing may be in flight.
   * @throws RecipeError where they are out of range; which parts run must be as for those it had
   */
  setRow(member: number, row: readonly VaryValue[]): void;
  /** Makes members copies of others, on the device, in all but their seeds and rows. Nothing may be in flight. */
  copyMembers(copies: readonly MemberCopy[]): void;
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
  /** The members with the values that they have now. */
  const members = [...plan.members];
  const current: Plan = { ...plan, members };
  const rows = plan.recipe.vary && [...varyRows(plan.recipe.vary)];
  const sendOwn = () => {
    if (buffers[MEMBER_BUFFER]) sendMembers(gpu, buffers[MEMBER_BUFFER], current, enabled);
  };
  // Losses read it in evaluation too, before or without any training.
  sendOwn();
  let done = 0;
  /** The step after which batch norm's statistics of evaluated weights were taken. */
  let statisticsAt: number | undefined;

  /** One that the plan leaves empty need not be prepared. */
  const stage = (name: Stage) => {
    const dispatches = stages[name] ?? (plan.stages[name].length === 0 ? [] : undefined);
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

  /** Before the first step. */
  const copyStarts = (encoder: GPUCommandEncoder) => encodeStarts(encoder, buffer, plan);
  /** Before an evaluation: the average of nothing is the parameters. */
  const copyEvaluated = (encoder: GPUCommandEncoder) => {
    if (done === 0) copyStarts(encoder);
    else if (plan.averages && isBeforeAverage((members[0] as Member).averages, done, plan)) {
      encoder.copyBufferToBuffer(buffer("params"), 0, buffer("average"), 0, buffer("params").size);
    }
  };
  /** Sends rows of the step uniform, and gives what encodes a stage over them with the weights that are evaluated. */
  const over = (rows: readonly StructValues[], name: Stage) => {
    steps.send(rows);
    if (buffers.views) sendViews(gpu, buffers.views, plan, hypers, done);
    return (pass: GPUComputePassEncoder) => {
      pass.setBindGroup(0, steps.group, [0]);
      encodeDispatches(pass, stage("view"));
      rows.forEach((_, row) => {
        pass.setBindGroup(0, steps.group, [row * STEP_STRIDE]);
        encodeDispatches(pass, stage(name));
      });
    };
  };

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
      statisticsAt = undefined;
      if (buffers.running) queue.writeBuffer(buffers.running, 0, runningStart(plan));
    },
    async train(chunks, order) {
      const [first, last] = [chunks[0], chunks.at(-1)] as [Chunk, Chunk];
      steps.send([...trainRows(plan, chunks), ...updateRows(plan, chunks)]);
      sendHypers(gpu, buffer("hypers"), plan, hypers, enabled, first.step, last.step + 1);
      sendOwn();
      const bySteps = buffers[MEMBER_STEP_BUFFER];
      if (bySteps) sendMemberSteps(gpu, bySteps, current, enabled, first.step, last.step + 1);
      sendOrder(queue, buffer, plan, chunks, order);
      const encode = (pass: GPUComputePassEncoder) => {
        pass.setBindGroup(0, steps.group, [0]);
        if (!order) encodeDispatches(pass, stage("shuffle"));
        encodeSteps(pass, current, chunks, steps.group, stage);
      };
      const count = last.step + 1 - first.step;
      const isStart = first.step === 0 && first.isFirst && first.gradient === 0;
      done = last.isLast ? last.step + 1 : last.step;
      const prepare = isStart ? copyStarts : () => {};
      return { first: first.step, metrics: await submit(encode, first.step % plan.tableRows, count, prepare) };
    },
    async evaluate(start, end, of = "test") {
      const encode = over(evaluationRows(plan, start, end, of), of === "test" ? "evaluate" : "validate");
      const [result] = await submit(encode, plan.tableRows, 1, copyEvaluated);
      return result as Metrics[];
    },
    get statisticsDue() {
      return plan.statisticsCount > 0 && statisticsAt !== done ? statisticsBatches(plan) : 0;
    },
    async gatherStatistics(from, to) {
      const encode = over(statisticsRows(plan, from, to), "statistics");
      const encoder = device.createCommandEncoder();
      if (from === 0) copyEvaluated(encoder);
      encodePass(encoder, encode);
      queue.submit([encoder.finish()]);
      statisticsAt = to === statisticsBatches(plan) ? done : undefined;
      await queue.onSubmittedWorkDone();
      gpu.check();
    },
    rows,
    setRow(member, row) {
      if (!rows) throw new Error("the recipe has no vary whose values a member could have");
      const own = memberOf(recipeWith(plan.recipe, row));
      [rows[member], members[member]] = [row, own];
      hypers.setMember(member, own, done);
      sendOwn();
      if (buffers[AUGMENT_BUFFER]) queue.writeBuffer(buffers[AUGMENT_BUFFER], 0, augmentRows(members));
    },
    copyMembers(copies) {
      copyMembers(gpu, buffer, plan, copies);
      for (const { from, to } of copies) hypers.copy(from, to, done);
      statisticsAt = undefined;
    },
    keepBest(members) {
      const encoder = device.createCommandEncoder();
      encodeBest(encoder, buffer, plan, members);
      queue.submit([encoder.finish()]);
    },
    async read(arena) {
      return buffers[arena] ? new Float32Array(await readBuffer(gpu, buffers[arena])) : new Float32Array(0);
    },
    write(arena, values) {
      statisticsAt = undefined;
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
