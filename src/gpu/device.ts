import { type AdapterEntry, requestAdapter } from "#platform";
import { GpuError } from "./errors.ts";

/** An open device and the adapter it runs on. */
export interface Gpu {
  readonly device: GPUDevice;
  readonly adapter: AdapterEntry;
  /** Lanes of a subgroup, where that is one fixed number and the device has the feature. */
  readonly subgroupSize?: number;
  /** What the choice of adapter should tell a person, such as that it fell back to software. */
  readonly note?: string;
  /** Throws the first error that the device reported outside any error scope; WebGPU's calls themselves never throw. */
  check(): void;
  /** Frees the device. Nothing of it may be used afterwards; the process can then end by itself. */
  destroy(): void;
}

/** Features that some kernels use where the adapter has them. */
const FEATURES: readonly GPUFeatureName[] = ["subgroups", "timestamp-query"];

/** Limits that grow with the population and the network: asked for as high as the adapter goes. */
const LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeWorkgroupsPerDimension",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupStorageSize",
] as const satisfies readonly (keyof GPUSupportedLimits)[];

/**
 * Opens a device with the adapter's real limits.
 * @param choice `auto`, `hardware`, `software`, or part of an adapter's name
 * @throws AdapterError where no such adapter exists, saying which there are
 */
export async function openGpu(choice = "auto"): Promise<Gpu> {
  const { adapter, entry, note } = await requestAdapter(choice);
  const requiredLimits = Object.fromEntries(LIMITS.map((name) => [name, adapter.limits[name]]));
  const requiredFeatures = FEATURES.filter((feature) => adapter.features.has(feature));
  const device = await adapter.requestDevice({ label: "downhill", requiredLimits, requiredFeatures });

  let failure: GpuError | undefined;
  let destroyed = false;
  device.addEventListener("uncapturederror", (event) => {
    event.preventDefault(); // Dawn would print it to stdout
    failure ??= new GpuError(`${entry.name}: ${event.error.message}`);
  });
  void device.lost.then((info) => {
    if (destroyed) return;
    failure = new GpuError(`the device was lost (${info.reason}): ${info.message || entry.name}`);
  });
  return {
    device,
    adapter: entry,
    ...fixedSubgroupSize(adapter),
    ...(note === undefined ? {} : { note }),
    check() {
      if (failure) throw failure;
    },
    destroy() {
      destroyed = true;
      device.destroy();
    },
  };
}

function fixedSubgroupSize({ features, info }: GPUAdapter): { subgroupSize?: number } {
  const { subgroupMinSize, subgroupMaxSize } = info;
  return features.has("subgroups") && subgroupMinSize === subgroupMaxSize ? { subgroupSize: subgroupMinSize } : {};
}

/**
 * Runs calls that create things on the device, then waits until it has accepted them. The calls wait for nothing
 * themselves: an error scope takes in whatever else the device is asked for while it is open.
 * @throws GpuError with the device's own words where it refuses one of them or is out of memory
 */
export async function scoped<T>(gpu: Gpu, what: string, create: () => T): Promise<T> {
  const filters: readonly GPUErrorFilter[] = ["validation", "out-of-memory", "internal"];
  for (const filter of filters) gpu.device.pushErrorScope(filter);
  const popAll = () => Promise.all(filters.map(() => gpu.device.popErrorScope()));
  let result: T;
  try {
    result = create();
  } catch (error) {
    await popAll();
    throw error;
  }
  const error = (await popAll()).find((found) => found !== null);
  if (error) throw new GpuError(`${what}: ${error.message}`);
  gpu.check();
  return result;
}
