import { createBuffer, readBuffer } from "../gpu/buffers.ts";
import type { Gpu } from "../gpu/device.ts";
import { scoped } from "../gpu/device.ts";
import { encodeDispatches, prepareDispatches } from "../gpu/dispatch.ts";
import { bindStep, stepLayout } from "../gpu/kernel.ts";
import { encodeStruct } from "../gpu/uniforms.ts";
import type { Hyper, Optimizer } from "./optimizer.ts";
import { hyperLayout, updateDispatch, usedSlots } from "./update.ts";

/** Where an optimizer went: parameters after each step, and its state after the last. */
export interface Trajectory {
  /** f32 [steps][count] */
  readonly params: readonly Float32Array[];
  /** f32 [count] by the slot's name */
  readonly state: Readonly<Record<string, Float32Array>>;
}

/**
 * Runs an optimizer's real kernels over parameters of its own, without a network.
 * @param start f32 or f64 [count]
 * @param gradient the gradient [count] at step t (from 1), where the parameters [count] are given
 */
export async function runTrajectory(
  gpu: Gpu,
  optimizer: Optimizer,
  hyper: Hyper,
  start: ArrayLike<number>,
  steps: number,
  gradient: (params: Float32Array, t: number) => ArrayLike<number>,
): Promise<Trajectory> {
  const count = start.length;
  const stride = Math.ceil(count / 64) * 64;
  const slots = usedSlots(optimizer, hyper);
  const dispatch = updateDispatch(optimizer, hyper, stride, 1);
  const layout = hyperLayout(dispatch.kernel);
  const step = stepLayout();
  const owned: GPUBuffer[] = [];
  const { queue } = gpu.device;
  const make = (name: string, bytes: number, usage: "storage" | "uniform" = "storage") => {
    const buffer = createBuffer(gpu, name, { bytes, usage, what: name });
    owned.push(buffer);
    return buffer;
  };
  try {
    const buffers = await scoped(gpu, "allocating a trajectory", () => ({
      params: make("params", 4 * stride),
      grads: make("grads", 4 * stride),
      ...(slots.length > 0 && { state: make("state", 4 * stride * slots.length) }),
      hypers: make("hypers", layout.size),
      step: make("step", step.size, "uniform"),
    }));
    const stepGroup = bindStep(gpu, buffers.step, step.size);
    const prepared = await prepareDispatches(gpu, [dispatch], buffers, owned);
    const row = { members: 1, slot: 0, first: 1, rows: 1, first_row: 0, order_stride: 0, count: 0, inv_batch: 1 };
    queue.writeBuffer(buffers.step, 0, encodeStruct(step, row));
    queue.writeBuffer(buffers.params, 0, Float32Array.from(start));
    slots.forEach(({ fill = 0 }, slot) => {
      if (buffers.state) queue.writeBuffer(buffers.state, 4 * slot * stride, new Float32Array(stride).fill(fill));
    });
    const params: Float32Array[] = [];
    for (let t = 1; t <= steps; t++) {
      queue.writeBuffer(buffers.grads, 0, Float32Array.from(gradient(params.at(-1) ?? Float32Array.from(start), t)));
      queue.writeBuffer(buffers.hypers, 0, encodeStruct(layout, { enabled: 1, hyper: optimizer.step(hyper, t) }));
      const encoder = gpu.device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      pass.setBindGroup(0, stepGroup, [0]);
      encodeDispatches(pass, prepared);
      pass.end();
      queue.submit([encoder.finish()]);
      params.push(new Float32Array(await readBuffer(gpu, buffers.params, 0, 4 * count)));
    }
    const state: Record<string, Float32Array> = {};
    for (const [slot, { name }] of slots.entries()) {
      if (buffers.state)
        state[name] = new Float32Array(await readBuffer(gpu, buffers.state, 4 * slot * stride, 4 * count));
    }
    return { params, state };
  } finally {
    for (const buffer of owned) buffer.destroy();
  }
}
