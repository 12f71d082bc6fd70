/**
 * Adapters through the Dawn bindings for Node (package `webgpu`). The bindings offer one adapter per `GPU` object, the first
 * whose name contains that object's `adapter=` flag; which names there are, only the error for an unknown one tells.
 */
import { sleepBetweenPolls } from "./polling.ts";
import { withoutKnownWarnings } from "./quiet.ts";
import { type AdapterEntry, type AdapterOptions, limitsOf, PlatformError } from "./types.ts";
import { withDriver } from "./vulkan.ts";

/** A name that the bindings list. */
export interface Listed {
  readonly name: string;
  readonly backend: string;
  /** The ICD file of the bundled driver, if the adapter is known through that alone. */
  readonly icd?: string;
}

/** The best first: a Windows machine lists one GPU under several. Dawn's "null" computes nothing. */
const BACKENDS = ["metal", "d3d12", "vulkan", "d3d11", "opengl", "opengles"];
const NO_SUCH_ADAPTER = "adapter=(no adapter has this name)";
const LISTED = /^ \* backend: '(?<backend>[^']*)', name: '(?<name>.*)'$/gm;

/**
 * All GPU objects so far. They are kept: a device outlives its adapter's wrapper but not its GPU, whose collection as
 * garbage makes the device's next call crash the process.
 */
const gpus = new Map<string, GPU>();

/** The adapters that Dawn sees, the best first, each name once. */
export async function listNames(icd?: string): Promise<Listed[]> {
  let message: string;
  try {
    const found = await request([NO_SUCH_ADAPTER], icd);
    if (found === null) return [];
    throw new PlatformError("the package webgpu no longer lists its adapters as expected: install version 0.6.2");
  } catch (error) {
    message = error instanceof Error ? error.message : String(error);
    if (!message.includes("Available adapters")) throw error;
  }
  const found = [...message.matchAll(LISTED)].map(({ groups = {} }) => ({
    name: groups.name ?? "",
    backend: groups.backend ?? "",
    ...(icd === undefined ? {} : { icd }),
  }));
  const usable = found.filter(({ backend }) => BACKENDS.includes(backend));
  usable.sort((a, b) => BACKENDS.indexOf(a.backend) - BACKENDS.indexOf(b.backend));
  return usable.filter(({ name }, at) => usable.findIndex((other) => other.name === name) === at);
}

/** Asks for a listed adapter; undefined where it cannot do core WebGPU. */
export async function openAdapter(
  { name, backend, icd }: Listed,
  { toggles = [] }: AdapterOptions = {},
): Promise<{ adapter: GPUAdapter; entry: AdapterEntry } | undefined> {
  const flags = [`backend=${backend}`, `adapter=${name}`];
  if (toggles.length > 0) flags.push(`enable-dawn-features=${toggles.join(",")}`);
  const adapter = await request(flags, icd);
  if (!adapter) return undefined;
  const { vendor, architecture, description, isFallbackAdapter } = adapter.info;
  const entry: AdapterEntry = {
    name,
    vendor,
    architecture,
    kind: isFallbackAdapter ? "software" : "hardware",
    driver: description,
    backend,
    bundled: icd !== undefined,
    features: [...adapter.features].sort(),
    limits: limitsOf(adapter.limits),
  };
  return { adapter, entry };
}

async function request(flags: string[], icd: string | undefined): Promise<GPUAdapter | null> {
  const { create } = await loadBindings();
  const key = [...flags, icd].join("\n");
  const gpu = gpus.get(key) ?? create(flags);
  gpus.set(key, gpu);
  // All enumeration happens inside this call, before it returns its promise.
  return withDriver(icd, () => withoutKnownWarnings(() => gpu.requestAdapter({ powerPreference: "high-performance" })));
}

async function loadBindings(): Promise<typeof import("webgpu")> {
  try {
    const bindings = await import("webgpu");
    sleepBetweenPolls(bindings.globals);
    return bindings;
  } catch (error) {
    const system = `${process.platform} on ${process.arch}`;
    throw new PlatformError(`the package webgpu does not load on ${system}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
