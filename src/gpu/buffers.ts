import type { Gpu } from "./device.ts";
import { GpuError } from "./errors.ts";

/** A buffer that a plan asks for: plain data. */
export interface BufferSpec {
  readonly bytes: number;
  readonly usage: "storage" | "uniform";
  /** What it holds, with its shape, for `inspect` and for errors. */
  readonly what: string;
  /** What it starts as, in u32; zeros unless given. */
  readonly values?: readonly number[];
}

/** Creates a buffer, zero-filled unless its values are given, that can be written from and copied back to the host. */
export function createBuffer(gpu: Gpu, label: string, spec: BufferSpec): GPUBuffer {
  const usage = spec.usage === "uniform" ? GPUBufferUsage.UNIFORM : GPUBufferUsage.STORAGE;
  const buffer = gpu.device.createBuffer({
    label,
    size: Math.max(4, Math.ceil(spec.bytes / 4) * 4),
    usage: usage | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC,
  });
  if (spec.values) gpu.device.queue.writeBuffer(buffer, 0, Uint32Array.from(spec.values));
  return buffer;
}

/**
 * Refuses a set of buffers that the adapter cannot hold, before anything is allocated.
 * @throws GpuError naming the buffer, its size, the limit and what to make smaller
 */
export function checkFits(limits: GPUSupportedLimits, buffers: Readonly<Record<string, BufferSpec>>): void {
  for (const [name, { bytes, usage, what }] of Object.entries(buffers)) {
    const [limit, limitName] =
      usage === "uniform"
        ? ([limits.maxBufferSize, "maxBufferSize"] as const)
        : limits.maxStorageBufferBindingSize < limits.maxBufferSize
          ? ([limits.maxStorageBufferBindingSize, "maxStorageBufferBindingSize"] as const)
          : ([limits.maxBufferSize, "maxBufferSize"] as const);
    if (bytes > limit) {
      throw new GpuError(
        `buffer "${name}" (${what}) needs ${mebibytes(bytes)} (${bytes} bytes), but this adapter carries at most ${mebibytes(limit)} ` +
          `(${limitName}: ${limit}): use a smaller population, hidden layer, or batch`,
      );
    }
  }
}

/** Bytes as a person reads them. */
export function mebibytes(bytes: number): string {
  return bytes < 1024 ** 2 ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
}

/** Copies a range of a buffer back to the host, waiting for the work submitted before it. Byte offsets, multiples of 4. */
export async function readBuffer(gpu: Gpu, source: GPUBuffer, offset = 0, bytes = source.size): Promise<ArrayBuffer> {
  const staging = createStaging(gpu, bytes);
  try {
    const encoder = gpu.device.createCommandEncoder();
    encoder.copyBufferToBuffer(source, offset, staging, 0, bytes);
    gpu.device.queue.submit([encoder.finish()]);
    return await mapCopy(gpu, staging, bytes);
  } finally {
    staging.destroy();
  }
}

/** A buffer that results are copied into for the host to read. */
export function createStaging(gpu: Gpu, bytes: number): GPUBuffer {
  return gpu.device.createBuffer({
    label: "staging",
    size: bytes,
    usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
  });
}

/** Waits for a staging buffer and copies its first bytes out of it; it is unmapped again and can be reused. */
export async function mapCopy(gpu: Gpu, staging: GPUBuffer, bytes: number): Promise<ArrayBuffer> {
  try {
    await staging.mapAsync(GPUMapMode.READ, 0, bytes);
  } catch (cause) {
    gpu.check(); // the device's own error says more than the failed mapping
    throw new GpuError(`reading results back failed: ${(cause as Error).message}`, { cause });
  }
  const copy = staging.getMappedRange(0, bytes).slice(0);
  staging.unmap();
  gpu.check();
  return copy;
}
