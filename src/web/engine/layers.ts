import { createBuffer, readBuffer } from "../../gpu/buffers.ts";
import { type Gpu, scoped } from "../../gpu/device.ts";
import { encodeDispatches, prepareDispatches } from "../../gpu/dispatch.ts";
import type { Tiling } from "../../gpu/tiling.ts";
import { readTensor } from "../../nn/tensors.ts";
import { chunksOf } from "../../train/chunks.ts";
import { makePlan } from "../../train/plan.ts";
import { STEP_STRIDE } from "../../train/planBuffers.ts";
import type { Session } from "../../train/session.ts";
import { trainRows } from "../../train/stepRows.ts";
import { createStepTable } from "../../train/tables.ts";
import type { Histogram, LayerFigures } from "../protocol.ts";

const BINS = 41;

/** How values spread about zero. */
export function histogramOf(values: ArrayLike<number>): Histogram {
  let [reach, squares] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    const value = Math.abs(values[i] as number);
    if (value > reach) reach = value;
    squares += value * value;
  }
  const counts = new Array<number>(BINS).fill(0);
  for (let i = 0; i < values.length; i++) {
    const share = reach > 0 ? ((values[i] as number) / reach + 1) / 2 : 0.5;
    const bin = Math.min(BINS - 1, Math.floor(share * BINS));
    if (bin >= 0) counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return { reach, counts, rms: Math.sqrt(squares / Math.max(1, values.length)) };
}

/** Parameters [members, stride] before a step and after it, and the gradients that it took. */
export interface StepValues {
  readonly before: Float32Array;
  readonly after: Float32Array;
  readonly gradients: Float32Array;
}

/** The figures of each weight matrix of a member. */
export function layerFigures(
  { plan }: Session,
  params: Float32Array,
  member: number,
  step: StepValues | undefined,
): LayerFigures[] {
  const { tensors, stride } = plan.model.arena;
  const own = (values: Float32Array) => values.subarray(member * stride, (member + 1) * stride);
  return tensors
    .filter(({ name }) => name.endsWith(".weight") && name.startsWith("fc"))
    .map((tensor) => {
      const valuesOf = (arena: Float32Array) => readTensor(own(arena), tensor);
      const { name, shape } = tensor;
      const weights = histogramOf(valuesOf(params));
      if (!step) return { name, shape: [...shape], weights };
      const before = valuesOf(step.before);
      const updates = histogramOf(valuesOf(step.after).map((value, i) => value - (before[i] as number)));
      return { name, shape: [...shape], weights, gradients: histogramOf(valuesOf(step.gradients)), updates };
    });
}

/** Computes the gradients of a step again, which fused kernels use up at once. */
export interface GradientProbe {
  /**
   * The gradients [members, stride] at `params` of the last step that was trained, whose samples the session still has; of a
   * batch in several chunks those of the last.
   */
  gradients(params: Float32Array<ArrayBuffer>, step: number): Promise<Float32Array>;
  destroy(): void;
}

/** The chunk's kernels in their unfused form, over copies of what they would change. */
export async function createProbe(gpu: Gpu, session: Session, tiling: Tiling): Promise<GradientProbe> {
  const { plan } = session;
  const { validationCount = 0, ...data } = plan.data;
  const all = { ...data, trainCount: data.trainCount + validationCount };
  const unfused = makePlan(plan.recipe, all, { ...tiling, fusesUpdate: false });
  const owned: GPUBuffer[] = [];
  const apart = ["params", "running", "metrics", "grads", "step"];
  const names = Object.keys(unfused.buffers).filter((name) => apart.includes(name) || !session.buffers[name]);
  const own = await scoped(gpu, "allocating buffers for gradients", () =>
    Object.fromEntries(
      // An optimizer of its own may keep gradients nowhere else.
      [...new Set([...names, "grads"])].map((name) => {
        const bytes = 4 * plan.members.length * plan.model.arena.stride;
        const spec = unfused.buffers[name] ?? { bytes, usage: "storage" as const, what: name };
        const buffer = createBuffer(gpu, `probe ${name}`, spec);
        owned.push(buffer);
        return [name, buffer] as const;
      }),
    ),
  );
  const steps = createBuffer(gpu, "probe step", { bytes: STEP_STRIDE, usage: "uniform", what: "a step" });
  owned.push(steps);
  const prepared = await prepareDispatches(gpu, unfused.stages.chunk, { ...session.buffers, ...own }, owned);
  const table = createStepTable(gpu, steps);
  return {
    async gradients(params, step) {
      const chunk = [...chunksOf(plan, step, step + 1)].filter(({ gradient }) => gradient === 0).at(-1);
      if (!chunk) return new Float32Array(params.length);
      const [row] = trainRows(plan, [{ ...chunk, isFirst: true, batch: chunk.rows }]);
      table.send(row ? [row] : []);
      gpu.device.queue.writeBuffer(own.params as GPUBuffer, 0, params);
      const encoder = gpu.device.createCommandEncoder();
      const running = session.buffers.running;
      if (running) encoder.copyBufferToBuffer(running, 0, own.running as GPUBuffer, 0, running.size);
      const pass = encoder.beginComputePass();
      pass.setBindGroup(0, table.group, [0]);
      encodeDispatches(pass, prepared);
      pass.end();
      gpu.device.queue.submit([encoder.finish()]);
      return new Float32Array(await readBuffer(gpu, own.grads as GPUBuffer));
    },
    destroy() {
      for (const buffer of owned) buffer.destroy();
    },
  };
}
