import { encodeDispatches, type PreparedDispatch } from "../gpu/dispatch.ts";
import { encodeStruct } from "../gpu/uniforms.ts";
import { averageRate } from "../optim/averaging.ts";
import { type Chunk, spanOf } from "./chunks.ts";
import type { Plan, Stage } from "./plan.ts";
import { STEP_STRIDE } from "./planBuffers.ts";

/** Which samples each row of a submit's chunks takes: those given, or the shuffle's. */
export function sendOrder(
  queue: GPUQueue,
  buffer: (name: string) => GPUBuffer,
  plan: Plan,
  chunks: readonly Chunk[],
  order: Uint32Array | undefined,
): void {
  if (order) {
    for (const m of plan.members.keys()) {
      queue.writeBuffer(buffer("order"), 4 * m * plan.submitSamples, order as Uint32Array<ArrayBuffer>);
    }
    return;
  }
  const [first, length] = [chunks[0] as Chunk, spanOf(chunks).samples];
  const { trainCount } = plan.data;
  const range = { count: trainCount, epoch_length: trainCount, epoch: first.epoch, start: first.position };
  const target = { length, first: 0, stride: plan.submitSamples, shuffled: 1 };
  queue.writeBuffer(buffer("range"), 0, encodeStruct(plan.rangeLayout, { ...range, ...target }));
}

/**
 * Encodes the steps of a submit's chunks.
 * @param group the step uniform: the rows of `trainRows`, and those of `updateRows` behind them
 * @param stage gives the compiled dispatches of a stage
 */
export function encodeSteps(
  pass: GPUComputePassEncoder,
  plan: Plan,
  chunks: readonly Chunk[],
  group: GPUBindGroup,
  stage: (name: Stage) => readonly PreparedDispatch[],
): void {
  const isAveraged = ({ step }: Chunk) =>
    plan.averages && plan.members.some(({ averages }) => averageRate(averages, step + 1, plan) > 0);
  let update = chunks.length;
  chunks.forEach((chunk, row) => {
    pass.setBindGroup(0, group, [row * STEP_STRIDE]);
    encodeDispatches(pass, stage(chunk.gradient > 0 ? "again" : "chunk"));
    if (chunk.endsGradient && !chunk.isLast) encodeDispatches(pass, stage("between"));
    if (!chunk.isLast) return;
    if (chunk.gradient > 0) pass.setBindGroup(0, group, [update++ * STEP_STRIDE]);
    encodeDispatches(pass, stage("update"));
    if ((chunk.step + 1) % plan.syncEvery === 0) encodeDispatches(pass, stage("sync"));
    if (isAveraged(chunk)) encodeDispatches(pass, stage("average"));
  });
}
