import { createBuffer, readBuffer } from "../gpu/buffers.ts";
import type { Gpu } from "../gpu/device.ts";
import { scoped } from "../gpu/device.ts";
import { encodeDispatches, prepareDispatches } from "../gpu/dispatch.ts";
import { bindStep, stepLayout } from "../gpu/kernel.ts";
import { encodeStruct } from "../gpu/uniforms.ts";
import { type Arena, layOut, readTensor, writeTensor } from "../nn/tensors.ts";
import { extraStart } from "./extraStart.ts";
import { type Hyper, type Memory, memoryAfter, type Optimizer, type Site } from "./optimizer.ts";
import {
  extraArena,
  hyperLayout,
  stageBuffers,
  stagesOf,
  updateKernel,
  usedSlots,
  viewDispatch,
  viewLayout,
} from "./update.ts";

/** Where an optimizer went: parameters after each step, and its state after the last. */
export interface Trajectory {
  /** f32 [steps][count] */
  readonly params: readonly Float32Array[];
  /** f32 [count] by the slot's name; what it keeps beside the slots by that name. */
  readonly state: Readonly<Record<string, Float32Array>>;
  /** The weights for evaluation after the last step, where they are others: f32 [count] */
  readonly seen?: Float32Array;
}

/**
 * Runs an optimizer's real kernels over parameters of its own, without a network.
 * @param start f32 or f64 [count], tensor after tensor
 * @param gradient the gradient [count] at step t (from 1), where the parameters [count] are given
 * @param shapes the tensors that the parameters make up, one vector unless given
 * @param loss the loss at step t, where the optimizer needs it
 * @throws Error where it does and there is none
 */
export async function runTrajectory(
  gpu: Gpu,
  optimizer: Optimizer,
  hyper: Hyper,
  start: ArrayLike<number>,
  steps: number,
  gradient: (params: Float32Array, t: number) => ArrayLike<number>,
  shapes: Readonly<Record<string, readonly number[]>> = { x: [start.length] },
  loss?: (params: Float32Array, t: number) => number,
): Promise<Trajectory> {
  if (optimizer.needsLoss && !loss) {
    throw new Error(`${optimizer.name} goes by the loss too: give it beside the gradient`);
  }
  const arena = layOut(shapes);
  const { stride } = arena;
  const site: Site = { arena, members: 1, groups: 1, quadsPerThread: 1 };
  const slots = usedSlots(optimizer, hyper);
  const extra = extraArena(optimizer, hyper, arena);
  const layout = hyperLayout(updateKernel(optimizer, hyper));
  const step = stepLayout();
  const owned: GPUBuffer[] = [];
  const { queue } = gpu.device;
  const make = (name: string, bytes: number, usage: "storage" | "uniform" = "storage", values?: readonly number[]) => {
    const buffer = createBuffer(gpu, name, { bytes, usage, what: name, ...(values && { values }) });
    owned.push(buffer);
    return buffer;
  };
  try {
    const buffers = await scoped(gpu, "allocating a trajectory", () => ({
      params: make("params", 4 * stride),
      grads: make("grads", 4 * stride),
      ...(slots.length > 0 && { state: make("state", 4 * stride * slots.length) }),
      ...(extra.tensors.length > 0 && { extra: make("extra", 4 * extra.stride) }),
      hypers: make("hypers", layout.size),
      ...(optimizer.needsLoss && { metrics: make("metrics", 8) }),
      step: make("step", step.size, "uniform"),
      ...Object.fromEntries(
        Object.entries(stageBuffers(optimizer, hyper, site)).map(([name, { bytes, usage, values }]) => {
          return [name, make(name, bytes, usage, values)] as const;
        }),
      ),
    }));
    const { params: x, grads, state: slotsOf, hypers } = buffers;
    const stepGroup = bindStep(gpu, buffers.step, step.size);
    const prepared = await prepareDispatches(gpu, stagesOf(optimizer, hyper, site), buffers, owned);
    const run = (dispatches: typeof prepared) => {
      const encoder = gpu.device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      pass.setBindGroup(0, stepGroup, [0]);
      encodeDispatches(pass, dispatches);
      pass.end();
      queue.submit([encoder.finish()]);
    };
    const read = async (buffer: GPUBuffer, offset = 0) =>
      flatten(new Float32Array(await readBuffer(gpu, buffer, 4 * offset, 4 * stride)), arena);
    const row = { members: 1, slot: 0, first: 1, rows: 1, first_row: 0, order_stride: 0, count: 0, inv_batch: 1 };
    queue.writeBuffer(buffers.step, 0, encodeStruct(step, row));
    const padded = spread(start, arena);
    queue.writeBuffer(x, 0, padded);
    slots.forEach(({ fill = 0, start: from }, slot) => {
      const values = from === "params" ? padded : new Float32Array(stride).fill(fill);
      if (slotsOf) queue.writeBuffer(slotsOf, 4 * slot * stride, values);
    });
    if (buffers.extra) queue.writeBuffer(buffers.extra, 0, extraStart(optimizer, hyper, arena));
    const params: Float32Array[] = [];
    let memory: Memory = memoryAfter(optimizer, hyper, 0);
    for (let t = 1; t <= steps; t++) {
      const at = params.at(-1) ?? Float32Array.from(start);
      queue.writeBuffer(grads, 0, spread(gradient(at, t), arena));
      if (buffers.metrics && loss) queue.writeBuffer(buffers.metrics, 0, Float32Array.of(loss(at, t), 0));
      const values = { enabled: 1, hyper: optimizer.step(hyper, t, memory) };
      queue.writeBuffer(hypers, 0, encodeStruct(layout, values));
      if (optimizer.memory) memory = optimizer.memory.next(memory, hyper, t);
      run(prepared);
      params.push(await read(x));
    }
    const state: Record<string, Float32Array> = {};
    for (const [slot, { name }] of slots.entries()) if (slotsOf) state[name] = await read(slotsOf, slot * stride);
    if (buffers.extra) {
      const values = new Float32Array(await readBuffer(gpu, buffers.extra));
      for (const tensor of extra.tensors) state[tensor.name] = readTensor(values, tensor);
    }
    if (!optimizer.evaluation) return { params, state };
    const view = viewLayout(optimizer);
    const seen = make("seen", 4 * stride);
    const views = make("views", view.size);
    queue.writeBuffer(views, 0, encodeStruct(view, optimizer.evaluation.values(hyper, steps, memory)));
    run(await prepareDispatches(gpu, [viewDispatch(optimizer, hyper, site)], { ...buffers, seen, views }, owned));
    return { params, state, seen: await read(seen) };
  } finally {
    for (const buffer of owned) buffer.destroy();
  }
}

/** A member's part of the arena as the tensors' values one behind the other, without pads. */
function flatten(part: Float32Array, { tensors }: Arena): Float32Array {
  const values = tensors.map((tensor) => readTensor(part, tensor));
  const flat = new Float32Array(values.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const own of values) {
    flat.set(own, at);
    at += own.length;
  }
  return flat;
}

/** The tensors' values one behind the other in their places. */
function spread(flat: ArrayLike<number>, { tensors, stride }: Arena): Float32Array<ArrayBuffer> {
  const [values, part] = [Float32Array.from(flat), new Float32Array(stride)];
  let at = 0;
  for (const tensor of tensors) {
    const count = tensor.rows * tensor.columns;
    writeTensor(part, tensor, values.subarray(at, at + count));
    at += count;
  }
  return part;
}
