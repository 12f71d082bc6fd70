import type { BufferSpec } from "../gpu/buffers.ts";
import { stepLayout } from "../gpu/kernel.ts";
import { METRICS_BYTES } from "../nn/loss/loss.ts";
import { MEMBER_BUFFER, MEMBER_STEP_BUFFER } from "../nn/member.ts";
import { NORM_PARTIALS } from "../optim/clipNorm.ts";
import { AUGMENT_BUFFER, augmentBuffer } from "./augmentation.ts";
import { evaluationCount, quadsOf } from "./dataShape.ts";
import { memberStepBuffer } from "./memberSteps.ts";
import { networkBuffers } from "./network.ts";
import type { Plan } from "./plan.ts";
import { sampleBuffers } from "./sampleBuffers.ts";
import { bestBuffers, validationBuffers } from "./validation.ts";

/** Dynamic offsets of a uniform buffer are multiples of this. */
export const STEP_STRIDE = 256;

/**
 * The buffers that a plan's dispatches name, beside those of the optimizer's own stages.
 * @param capacity most rows of an activation
 * @param gathers whether samples are written as floats before the first layer reads them
 */
export function planBuffers(
  plan: Omit<Plan, "buffers">,
  capacity: number,
  gathers: boolean,
): Record<string, BufferSpec> {
  const { data, model, members, stages, tableRows, metricTiles, submitChunks, submitSamples, hyperLayout } = plan;
  const P = members.length;
  const { stride } = model.arena;
  const storage = (bytes: number, what: string): BufferSpec => ({ bytes, usage: "storage", what });
  const floats = (count: number, what: string) => storage(4 * count, what);
  const used = new Set(Object.values(stages).flatMap((all) => all.flatMap(({ buffers }) => Object.values(buffers))));
  return {
    ...sampleBuffers("train", data.trainCount, data),
    ...sampleBuffers("test", data.testCount, data),
    test_order: storage(4 * evaluationCount(data), `u32 [${evaluationCount(data)}]`),
    ...validationBuffers(data),
    ...bestBuffers(plan),
    params: floats(P * stride, `parameters, f32 [P=${P}, ${stride}]`),
    ...(stages.update.length > 0 && { grads: floats(P * stride, `gradients, f32 [P=${P}, ${stride}]`) }),
    ...Object.fromEntries(
      plan.kept.map(({ buffer, arena, slots }) => {
        const what = `optimizer state, f32 [P=${P}, ${slots.length}, ${arena.stride}]`;
        return [buffer, floats(P * slots.length * arena.stride, what)] as const;
      }),
    ),
    ...(used.has("held") && { held: floats(P * stride, `parameters meanwhile, f32 [P=${P}, ${stride}]`) }),
    ...(plan.viewLayout && {
      seen: floats(P * stride, `parameters that are evaluated, f32 [P=${P}, ${stride}]`),
      views: storage(P * plan.viewLayout.size, `how they come about, [P=${P}]`),
    }),
    ...(gathers && {
      x: floats(P * capacity * 4 * quadsOf(data.inputs), `gathered samples, f32 [P=${P}, ${capacity}, ${data.inputs}]`),
    }),
    ...networkBuffers(model, P, capacity),
    ...(plan.statisticsCount > 0 && {
      statistics_order: storage(4 * plan.statisticsCount, `u32 [${plan.statisticsCount}]`),
      seen_running: floats(P * model.running.stride, `their running statistics, f32 [P=${P}, ${model.running.stride}]`),
    }),
    ...(model.running.tensors.length > 0 && {
      running: floats(P * model.running.stride, `running statistics, f32 [P=${P}, ${model.running.stride}]`),
    }),
    ...(used.has("norm_partials") && {
      norm_partials: floats(P * NORM_PARTIALS, `sums of squared gradients, f32 [P=${P}, ${NORM_PARTIALS}]`),
    }),
    ...(used.has(MEMBER_BUFFER) && {
      [MEMBER_BUFFER]: storage(P * plan.memberLayout.size, `what members have to themselves, [P=${P}]`),
    }),
    ...(used.has(MEMBER_STEP_BUFFER) && { [MEMBER_STEP_BUFFER]: memberStepBuffer(plan) }),
    ...(used.has(AUGMENT_BUFFER) && { [AUGMENT_BUFFER]: augmentBuffer(members) }),
    order: storage(4 * P * submitSamples, `sample indices of a submit, u32 [P=${P}, ${submitSamples}]`),
    seeds: storage(4 * P, `u32 [P=${P}]`),
    hypers: storage(
      tableRows * P * plan.groups * hyperLayout.size,
      `hyper-parameters by step, [${tableRows}, P=${P}${plan.groups > 1 ? `, ${plan.groups}` : ""}]`,
    ),
    metrics: storage(
      (tableRows + plan.gradients) * P * metricTiles * METRICS_BYTES,
      `loss and hits by step, [${tableRows + plan.gradients}, P=${P}, ${metricTiles}]`,
    ),
    range: { bytes: plan.rangeLayout.size, usage: "uniform", what: "what the shuffle fills" },
    step: {
      // The update of a step of several gradients has a row of its own.
      bytes: submitChunks * plan.gradients * STEP_STRIDE,
      usage: "uniform",
      what: `step uniform, ${stepLayout().size} bytes a row`,
    },
  };
}
