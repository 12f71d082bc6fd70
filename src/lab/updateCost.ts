import { type BufferSpec, checkFits, createBuffer } from "../gpu/buffers.ts";
import { type Gpu, scoped } from "../gpu/device.ts";
import { prepareDispatches } from "../gpu/dispatch.ts";
import { bindStep, stepLayout } from "../gpu/kernel.ts";
import { chooseTiling } from "../gpu/tiling.ts";
import { median, type Timer } from "../gpu/timing.ts";
import { encodeStruct } from "../gpu/uniforms.ts";
import { type Arena, writeTensor } from "../nn/tensors.ts";
import { memoryAfter, type Optimizer, type Site } from "../optim/optimizer.ts";
import { extraArena, hyperLayout, updateKernel, usedSlots } from "../optim/update.ts";
import { streamForms } from "./peak.ts";
import {
  networkArena,
  parametersOf,
  type UpdateBytes,
  type UpdateWork,
  updateWork,
  workBuffers,
  wrapperWork,
} from "./updateWork.ts";

/** What a step of an optimizer costs on an adapter once its gradients are there. */
export interface UpdateCost {
  /** Its name, or that of what goes around one. */
  readonly optimizer: string;
  readonly parameters: number;
  readonly dispatches: number;
  readonly bytes_per_parameter: UpdateBytes;
  readonly microseconds: number;
  readonly nanoseconds_per_parameter: number;
  /** For a copy of as many bytes as its passes move, measured in turns with it. */
  readonly copy_microseconds: number;
  /** The two, one over the other: 1 where it is as fast as memory. */
  readonly ratio: number;
}

/** How often an update and its copy take turns; the medians count. */
const TURNS = 9;
/** Which step is measured: averages have begun, and radam divides by its root. */
const T = 10;

/**
 * Times a step of each optimizer with its default hyper-parameters, in turns with a copy of as many bytes, and what goes
 * around any of them. Optimizers that need the loss are left out.
 * @param parameters about how many, those of a network
 * @param seconds how long to measure each, roughly
 * @throws GpuError where the adapter cannot hold them
 */
export async function* updateCosts(
  gpu: Gpu,
  timer: Timer,
  optimizers: readonly Optimizer[],
  parameters: number,
  seconds: number,
): AsyncGenerator<UpdateCost> {
  const { updateQuads: quadsPerThread } = chooseTiling(gpu);
  const site: Site = { arena: networkArena(parameters), members: 1, groups: 1, quadsPerThread };
  // What a step with a line search does depends on the losses: of the same one again it does next to nothing.
  const timed = optimizers.filter(({ needsLoss }) => !needsLoss);
  for (const optimizer of timed) yield await costOf(gpu, timer, updateWork(optimizer, site), seconds);
  for (const work of wrapperWork(site)) yield await costOf(gpu, timer, work, seconds);
}

/** Times one step in turns with a copy of as many bytes. */
export async function costOf(gpu: Gpu, timer: Timer, work: UpdateWork, seconds: number): Promise<UpdateCost> {
  const { site, dispatches, bytes } = work;
  const stream = streamForms(bytes.moved * site.arena.stride);
  const specs = { ...workBuffers(work), ...stream.buffers };
  checkFits(gpu.device.limits, specs);
  const owned: GPUBuffer[] = [];
  const create = (label: string, spec: BufferSpec) => {
    const buffer = createBuffer(gpu, label, spec);
    owned.push(buffer);
    return buffer;
  };
  try {
    const layout = stepLayout();
    const { buffers, step } = await scoped(gpu, `allocating what ${work.name} works on`, () => ({
      buffers: Object.fromEntries(Object.entries(specs).map(([name, spec]) => [name, create(name, spec)])),
      step: create("step", { bytes: layout.size, usage: "uniform", what: "step" }),
    }));
    const row = { members: 1, slot: 0, first: 1, rows: 1, first_row: 0, order_stride: 0, count: T - 1, inv_batch: 1 };
    gpu.device.queue.writeBuffer(step, 0, encodeStruct(layout, row));
    fill(gpu, work, buffers);
    const group = bindStep(gpu, step, layout.size);
    const update = await prepareDispatches(gpu, dispatches, buffers, owned);
    const copies = (await prepareDispatches(gpu, stream.forms, buffers, owned)).map((form) => [form]);
    const time = (run: typeof update, share: number) => timer.time(run, group, (seconds * share) / TURNS);
    await time(update, 0); // some drivers compile at the first run
    const copy = await fastest(copies, async (form) => {
      await time(form, 0);
      return time(form, 0.5);
    });
    const [own, copied]: [number[], number[]] = [[], []];
    const begun = performance.now();
    // A step may take longer by itself than all turns should.
    for (let turn = 0; turn < TURNS && (turn === 0 || performance.now() - begun < 4000 * seconds); turn++) {
      own.push(await time(update, 0.5));
      copied.push(await time(copy, 0.5));
    }
    const [taken, copyTime] = [median(own), median(copied)];
    const parameters = parametersOf(site.arena);
    return {
      optimizer: work.name,
      parameters,
      dispatches: dispatches.length,
      bytes_per_parameter: bytes,
      microseconds: 1e6 * taken,
      nanoseconds_per_parameter: (1e9 * taken) / parameters,
      copy_microseconds: 1e6 * copyTime,
      ratio: taken / copyTime,
    };
  } finally {
    for (const buffer of owned) buffer.destroy();
  }
}

/** The form that takes the least time. */
async function fastest<Form>(forms: readonly Form[], time: (form: Form) => Promise<number>): Promise<Form> {
  const times: number[] = [];
  for (const form of forms) times.push(await time(form));
  return forms[times.indexOf(Math.min(...times))] as Form;
}

/**
 * Parameters and gradients of either sign, state as a run starts it: averages follow the gradients, none of which is 0, and
 * so stay clear of subnormal numbers, which CPUs are slower on.
 */
function fill(gpu: Gpu, { optimizer, hyper, site }: UpdateWork, buffers: Readonly<Record<string, GPUBuffer>>): void {
  const { arena } = site;
  const write = (name: string, values: ArrayBuffer | Float32Array<ArrayBuffer>, at = 0) => {
    const buffer = buffers[name];
    if (buffer) gpu.device.queue.writeBuffer(buffer, 4 * at, values);
  };
  const params = waves(arena, 0.1);
  for (const name of ["params", "slow", "held"]) write(name, params);
  write("grads", waves(arena, 1e-3));
  usedSlots(optimizer, hyper).forEach(({ fill = 0, start }, slot) => {
    write("state", start ? params : new Float32Array(arena.stride).fill(fill), slot * arena.stride);
  });
  const extra = extraArena(optimizer, hyper, arena);
  optimizer.extra?.(hyper, arena).forEach(({ fill = 0, shape }, i) => {
    const count = shape.reduce((product, side) => product * side, 1);
    write("extra", new Float32Array(count).fill(fill), extra.tensors[i]?.offset);
  });
  const values = { enabled: 1, hyper: optimizer.step(hyper, T, memoryAfter(optimizer, hyper, T - 1)) };
  write("hypers", encodeStruct(hyperLayout(updateKernel(optimizer, hyper)), values));
}

/** Numbers of both signs up to an amplitude in every tensor, 0 in the pads. */
function waves({ tensors, stride }: Arena, amplitude: number): Float32Array<ArrayBuffer> {
  const part = new Float32Array(stride);
  for (const tensor of tensors) {
    const values = Float32Array.from({ length: tensor.rows * tensor.columns }, (_, i) => amplitude * Math.cos(i));
    writeTensor(part, tensor, values);
  }
  return part;
}
