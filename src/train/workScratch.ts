import { type BufferSpec, checkFits, createBuffer } from "../gpu/buffers.ts";
import { type Gpu, scoped } from "../gpu/device.ts";
import { mlp } from "../nn/mlp.ts";
import { roundUp } from "../nn/tensors.ts";
import type { Work } from "./tuning.ts";

/** Rows of a buffer: floats of -1 to 1 in `columns`, the rest of `stride` 0. */
interface Rows {
  readonly rows: number;
  readonly columns: number;
  readonly stride: number;
  /** Where they start, in floats. */
  readonly offset?: number;
}

/** A buffer of floats: how many some work needs, and which of them are not 0. */
interface Floats {
  readonly count: number;
  readonly parts: readonly Rows[];
}

/** Buffers for any of the kernels that are timed, by the names that their dispatches give them. */
export type Scratch = Readonly<Record<string, GPUBuffer>>;

/** Whether a device can hold the buffers for some work. */
export function fits({ device }: Gpu, work: Work): boolean {
  try {
    checkFits(device.limits, specsOf(work));
    return true;
  } catch {
    return false;
  }
}

/** One set of buffers for all work, each as large as the largest needs. They are added to `owned`. */
export async function createScratch(gpu: Gpu, work: readonly Work[], owned: GPUBuffer[]): Promise<Scratch> {
  const most = new Map<string, BufferSpec>();
  for (const [name, spec] of work.flatMap((one) => Object.entries(specsOf(one)))) {
    if (spec.bytes > (most.get(name)?.bytes ?? 0)) most.set(name, spec);
  }
  return scoped(gpu, "buffers to time kernels on", () => {
    const made = [...most].map(([name, spec]) => [name, createBuffer(gpu, name, spec)] as const);
    owned.push(...made.map(([, buffer]) => buffer));
    return Object.fromEntries(made);
  });
}

/** Puts values of no pattern where some work reads them. */
export function fillScratch(gpu: Gpu, scratch: Scratch, work: Work): void {
  const { rows } = work;
  const write = (name: string, values: Uint8Array<ArrayBuffer> | Uint32Array<ArrayBuffer>) =>
    gpu.device.queue.writeBuffer(scratch[name] as GPUBuffer, 0, values);
  const pixels = Uint8Array.from({ length: specsOf(work).images.bytes }, (_, i) => 256 * noise(i));
  write("images", pixels);
  const backwards = Uint32Array.from({ length: rows }, (_, i) => rows - 1 - i);
  write("order", backwards);
  for (const [name, { parts }] of Object.entries(floatsOf(work))) {
    for (const part of parts) writeRows(gpu, scratch[name] as GPUBuffer, part);
  }
}

/** Bytes of a buffer that some work uses. */
export function bytesOf(work: Work, name: string): number {
  return specsOf(work)[name]?.bytes ?? 0;
}

function floatsOf(work: Work): Readonly<Record<string, Floats>> {
  const { k, rows } = work;
  const n = work.op === "gather" ? 1 : work.n;
  const { arena } = mlp([k, n], "relu");
  const x = { rows, columns: k, stride: roundUp(k, 4) };
  const y = { rows, columns: n, stride: roundUp(n, 4) };
  const weights = arena.tensors.map(({ rowStride, ...tensor }) => ({ ...tensor, stride: rowStride }));
  return {
    x: { count: rows * x.stride, parts: [x] },
    dx: { count: rows * x.stride, parts: [] },
    y: { count: rows * y.stride, parts: [] },
    dy: { count: rows * y.stride, parts: [y] },
    params: { count: arena.stride, parts: weights },
    grads: { count: arena.stride, parts: [] },
  };
}

function specsOf(work: Work): Record<string, BufferSpec> & { readonly images: BufferSpec } {
  const spec = (bytes: number, what: string): BufferSpec => ({ bytes, usage: "storage", what });
  const floats = Object.entries(floatsOf(work)).map(([name, { count }]) => [name, spec(4 * count, name)] as const);
  return {
    images: spec(work.rows * roundUp(work.k, 4), "images"),
    order: spec(4 * work.rows, "order"),
    ...Object.fromEntries(floats),
  };
}

/** Writes a block of rows over and over: a wide layer's weights would take long to make up. */
function writeRows({ device }: Gpu, buffer: GPUBuffer, { rows, columns, stride, offset = 0 }: Rows): void {
  const block = Math.max(1, Math.min(rows, Math.floor(2 ** 16 / stride)));
  const values = new Float32Array(block * stride);
  for (let row = 0; row < block; row++) {
    for (let column = 0; column < columns; column++) {
      values[row * stride + column] = 2 * noise(row * columns + column) - 1;
    }
  }
  for (let row = 0; row < rows; row += block) {
    const count = Math.min(block, rows - row) * stride;
    device.queue.writeBuffer(buffer, 4 * (offset + row * stride), values, 0, count);
  }
}

/** 0 to 1, exclusive. */
const noise = (i: number) => Math.abs(Math.sin(12.9898 * i) * 43758.5453) % 1;
