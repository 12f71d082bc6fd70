import { type BufferSpec, createBuffer } from "../gpu/buffers.ts";
import { type Gpu, scoped } from "../gpu/device.ts";
import { type Dispatch, prepareDispatches } from "../gpu/dispatch.ts";
import { bindStep, defineKernel, stepLayout } from "../gpu/kernel.ts";
import type { Timer } from "../gpu/timing.ts";

/** What an adapter reaches at most. */
export interface Peak {
  /** Of multiply-adds on registers: 10^9 floating-point operations a second. */
  readonly gflops: number;
  /** Of a copy too large for caches, reads and writes together: 10^9 bytes a second. */
  readonly gigabytesPerSecond: number;
}

/**
 * Independent vec4s a thread. Too few wait for each other, too many spill: the best depends on the adapter. GFLOP/s with 1, 2,
 * 3, 4 and 8 of them on two cores: SwiftShader 28, 51, 57, 43, 55; lavapipe 54, 114, 72, 65, 66. `a * b + c` in place of
 * `fma` gave less on SwiftShader (25, 48, 24, 30, 27) and as much on lavapipe.
 */
const ACCUMULATORS = [2, 3, 4, 8];
/** As in shaders/lab/peak.wgsl. */
const TURNS = 16;
/** Vec4s that a thread copies: GPUs want threads, software adapters few of them. */
const QUADS_PER_THREAD = [1, 4, 16, 64];

/**
 * Workgroups and rounds of the multiply-add kernel: threads enough to fill any GPU several times over (2^20), a few for each
 * core of a CPU, and some milliseconds of work.
 */
const WORK = {
  hardware: { workgroups: 16384, rounds: 64, copyBytes: 2 ** 28 },
  software: { workgroups: 64, rounds: 64, copyBytes: 2 ** 26 },
} as const;

/**
 * Measures an adapter's peak, the best of a few forms.
 * @param seconds how long to measure, roughly
 */
export async function measurePeak(gpu: Gpu, timer: Timer, seconds: number): Promise<Peak> {
  const { workgroups, rounds, copyBytes } = WORK[gpu.adapter.kind];
  const forms = ACCUMULATORS.map((accumulators): Dispatch & { flops: number } => ({
    label: "peak",
    kernel: defineKernel({ shader: "lab/peak.wgsl", constants: { ACCUMULATORS: accumulators, TURNS } }),
    buffers: { out: "out" },
    shape: { rounds, factor: 0.999, addend: 0.001 },
    workgroups: [workgroups, 1, 1],
    flops: 8 * accumulators * TURNS * rounds * 64 * workgroups,
  }));
  const times = await timeEach(gpu, timer, forms, { out: 4 * 64 * workgroups }, seconds / 2);
  const gflops = Math.max(...times.map((time, i) => (forms[i] as { flops: number }).flops / time / 1e9));
  const { maxStorageBufferBindingSize, maxBufferSize } = gpu.device.limits;
  const most = Math.min(maxStorageBufferBindingSize, maxBufferSize);
  return { gflops, gigabytesPerSecond: await measureStream(gpu, timer, Math.min(copyBytes, 2 * most), seconds / 2) };
}

/**
 * 10^9 bytes a second of a copy that moves `bytes`, half of them read and half written: what a kernel over as many bytes
 * can reach, with whatever part of them the adapter's caches hold.
 */
export async function measureStream(gpu: Gpu, timer: Timer, bytes: number, seconds: number): Promise<number> {
  const { forms, buffers } = streamForms(bytes);
  const sizes = { source: buffers.source.bytes, copy: buffers.copy.bytes };
  const times = await timeEach(gpu, timer, forms, sizes, seconds);
  return (2 * sizes.copy) / Math.min(...times) / 1e9;
}

/** Copies that move `bytes`, of which one is the fastest, and their buffers. */
export function streamForms(bytes: number) {
  const quads = Math.max(1, Math.floor(bytes / 32));
  const forms = QUADS_PER_THREAD.map(
    (each): Dispatch => ({
      label: "stream",
      kernel: defineKernel({ shader: "lab/stream.wgsl" }),
      buffers: { source: "source", copy: "copy" },
      shape: { quads },
      workgroups: [Math.min(65535, Math.ceil(quads / 64 / each)), 1, 1],
    }),
  );
  const half: BufferSpec = { bytes: 16 * quads, usage: "storage", what: "half of a copy" };
  return { forms, buffers: { source: half, copy: half } };
}

/** The least seconds of each dispatch by itself, as a peak is what the adapter can do, over fresh buffers of the given bytes. */
async function timeEach(
  gpu: Gpu,
  timer: Timer,
  dispatches: readonly Dispatch[],
  bytes: Readonly<Record<string, number>>,
  seconds: number,
): Promise<number[]> {
  const owned: GPUBuffer[] = [];
  try {
    const { step, buffers } = await scoped(gpu, "allocating buffers to measure the peak", () => {
      const create = (label: string, bytes: number, usage: "storage" | "uniform") => {
        const buffer = createBuffer(gpu, label, { bytes, usage, what: label });
        owned.push(buffer);
        return buffer;
      };
      // Every kernel's group 0; these do not read it.
      const step = bindStep(gpu, create("step", stepLayout().size, "uniform"), stepLayout().size);
      return {
        step,
        buffers: Object.fromEntries(Object.entries(bytes).map(([name, size]) => [name, create(name, size, "storage")])),
      };
    });
    const prepared = await prepareDispatches(gpu, dispatches, buffers, owned);
    const times = [];
    for (const dispatch of prepared) {
      await timer.time([dispatch], step, 0); // some drivers compile at the first run
      times.push(await timer.time([dispatch], step, seconds / prepared.length, (all) => Math.min(...all)));
    }
    return times;
  } finally {
    for (const buffer of owned) buffer.destroy();
  }
}
