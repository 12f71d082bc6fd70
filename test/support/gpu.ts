import { afterAll } from "vitest";
import { createBuffer, readBuffer } from "../../src/gpu/buffers.ts";
import { type Gpu, openGpu, scoped } from "../../src/gpu/device.ts";
import { type Dispatch, encodeDispatches, prepareDispatches } from "../../src/gpu/dispatch.ts";
import { bindStep, stepLayout } from "../../src/gpu/kernel.ts";
import { encodeStruct, type StructValues } from "../../src/gpu/uniforms.ts";

let opened: Promise<Gpu> | undefined;

/** The device that a test file's tests share. Call it at the file's top level: it is destroyed after the file. */
export function useGpu(): () => Promise<Gpu> {
  afterAll(async () => {
    const gpu = await opened;
    opened = undefined;
    gpu?.destroy();
  });
  return () => {
    opened ??= openGpu(import.meta.env.DOWNHILL_ADAPTER ?? "auto");
    return opened;
  };
}

/** What a kernel reads of the step, unless a test says otherwise: one whole batch of `rows`. */
export function stepOf(rows: number, values: Partial<StructValues> = {}): StructValues {
  return {
    members: 1,
    slot: 0,
    first: 1,
    rows,
    first_row: 0,
    order_stride: 0,
    count: 0,
    inv_batch: 1 / rows,
    ...values,
  } as StructValues;
}

/**
 * Runs one dispatch, or several in a pass, over buffers made from arrays.
 * @param arrays what each buffer of the dispatches starts as; the one named `range` is a uniform
 * @returns every buffer's bytes after them
 */
export async function runDispatch(
  gpu: Gpu,
  dispatch: Dispatch | readonly Dispatch[],
  step: StructValues,
  arrays: Readonly<Record<string, Float32Array | Uint32Array | Uint8Array>>,
): Promise<Record<string, ArrayBuffer>> {
  const owned: GPUBuffer[] = [];
  try {
    const buffers: Record<string, GPUBuffer> = {};
    await scoped(gpu, "a test's buffers", () => {
      for (const [name, array] of Object.entries(arrays)) {
        const usage = name === "range" ? "uniform" : "storage";
        const bytes = Math.ceil(array.byteLength / 4) * 4;
        const buffer = createBuffer(gpu, name, { bytes, usage, what: name });
        const padded = new Uint8Array(bytes);
        padded.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
        gpu.device.queue.writeBuffer(buffer, 0, padded);
        buffers[name] = buffer;
        owned.push(buffer);
      }
    });
    const stepBuffer = createBuffer(gpu, "step", { bytes: 256, usage: "uniform", what: "step" });
    owned.push(stepBuffer);
    gpu.device.queue.writeBuffer(stepBuffer, 0, encodeStruct(stepLayout(), step));
    const prepared = await prepareDispatches(gpu, [dispatch].flat(), buffers, owned);
    await scoped(gpu, "a test's dispatches", () => {
      const encoder = gpu.device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      pass.setBindGroup(0, bindStep(gpu, stepBuffer, stepLayout().size), [0]);
      encodeDispatches(pass, prepared);
      pass.end();
      gpu.device.queue.submit([encoder.finish()]);
    });
    const results: Record<string, ArrayBuffer> = {};
    for (const [name, buffer] of Object.entries(buffers)) results[name] = await readBuffer(gpu, buffer);
    return results;
  } finally {
    for (const buffer of owned) buffer.destroy();
  }
}

const ceil4 = (n: number) => Math.ceil(n / 4) * 4;

/** [rows, columns] in f64 to rows padded to a multiple of 4 floats; `capacity` rows, the rest filled with `spare`. */
export function padRows(
  values: ArrayLike<number>,
  rows: number,
  columns: number,
  capacity = rows,
  spare = 0,
): Float32Array {
  const padded = new Float32Array(capacity * ceil4(columns)).fill(spare, rows * ceil4(columns));
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) padded[r * ceil4(columns) + c] = values[r * columns + c] as number;
  }
  return padded;
}

/** The values of padded rows, and whether all their pads are 0. */
export function unpadRows(
  padded: Float32Array,
  rows: number,
  columns: number,
): { values: Float32Array; padsAreZero: boolean } {
  const values = new Float32Array(rows * columns);
  let padsAreZero = true;
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < ceil4(columns); c++) {
      const value = padded[r * ceil4(columns) + c] as number;
      if (c < columns) values[r * columns + c] = value;
      else if (value !== 0) padsAreZero = false;
    }
  }
  return { values, padsAreZero };
}

/** Members' arrays one behind the other. */
export function concat(parts: readonly Float32Array[]): Float32Array {
  const joined = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
