import { readShader } from "#platform";
import type { Gpu } from "./device.ts";
import { scoped } from "./device.ts";
import { GpuError } from "./errors.ts";
import { type JoinedShader, joinShader } from "./loader.ts";
import { type BindingInfo, type Reflection, reflectShader, reflectStruct, type StructLayout } from "./reflect.ts";

/** A compute kernel as data: which files make its module, and the values of their named constants. */
export interface Kernel {
  /** The file with the entry point, under shaders/. */
  readonly shader: string;
  /** Library files joined before it, in order. */
  readonly uses: readonly string[];
  readonly entry: string;
  /** New values for `const NAME = ...;` lines of those files. */
  readonly constants: Readonly<Record<string, number | boolean>>;
  /** The WGSL itself, where `shader` is only its name in messages and no file under shaders/. */
  readonly source?: string;
}

export interface CompiledKernel {
  readonly kernel: Kernel;
  readonly pipeline: GPUComputePipeline;
  /** The kernel's own resources: group 1. Group 0 is the step, the same for every kernel. */
  readonly bindings: readonly BindingInfo[];
  readonly layout: GPUBindGroupLayout;
}

/** A buffer, or a part of one, for a kernel's binding. */
export type Resource = GPUBuffer | { readonly buffer: GPUBuffer; readonly offset: number; readonly size: number };

/** The file that declares group 0. */
export const STEP_SHADER = "lib/step.wgsl";

/** Declares a kernel. `uses` and `constants` may be left out; the entry point is `main` unless said. */
export function defineKernel(kernel: Pick<Kernel, "shader"> & Partial<Kernel>): Kernel {
  return { uses: [], entry: "main", constants: {}, ...kernel };
}

/** The layout of one row of the step uniform. */
export function stepLayout(): StructLayout {
  return reflectStruct(readShader(STEP_SHADER), "Step");
}

interface DeviceCache {
  readonly stepLayout: GPUBindGroupLayout;
  readonly kernels: Map<string, Promise<CompiledKernel>>;
}

const caches = new WeakMap<GPUDevice, DeviceCache>();

function cacheOf(device: GPUDevice): DeviceCache {
  let cache = caches.get(device);
  if (!cache) {
    const stepLayout = device.createBindGroupLayout({
      label: "step",
      entries: [
        { binding: 0, visibility: GPUShaderStage.COMPUTE, buffer: { type: "uniform", hasDynamicOffset: true } },
      ],
    });
    cache = { stepLayout, kernels: new Map() };
    caches.set(device, cache);
  }
  return cache;
}

/** How many different kernels this device has compiled. */
export function compiledCount(gpu: Gpu): number {
  return cacheOf(gpu.device).kernels.size;
}

/**
 * Compiles a kernel, once for each device and set of constants.
 * @throws GpuError with file, line, column and source line where the WGSL is wrong
 */
export function compileKernel(gpu: Gpu, kernel: Kernel): Promise<CompiledKernel> {
  const { kernels, stepLayout } = cacheOf(gpu.device);
  const { shader, source, uses, entry, constants } = kernel;
  const key = JSON.stringify([shader, source, uses, entry, Object.entries(constants).sort()]);
  let compiled = kernels.get(key);
  if (!compiled) {
    compiled = compile(gpu, kernel, stepLayout);
    kernels.set(key, compiled);
    compiled.catch(() => kernels.delete(key)); // so that a mended shader compiles
  }
  return compiled;
}

async function compile(gpu: Gpu, kernel: Kernel, stepLayout: GPUBindGroupLayout): Promise<CompiledKernel> {
  const { device } = gpu;
  const what = describe(kernel);
  const joined = joinShader(kernel, (path) => readSource(kernel, path));
  const module = await createModule(gpu, joined, what);
  const reflection = reflectJoined(kernel);
  if (!reflection.entries.some(({ name }) => name === kernel.entry)) {
    throw new GpuError(`${what} has no compute entry point "${kernel.entry}"`);
  }
  const bindings = reflection.bindings.filter(({ group }) => group === 1);
  const { layout, pipelineLayout } = await scoped(gpu, what, () => {
    const layout = device.createBindGroupLayout({
      label: what,
      entries: bindings.map(({ binding, type, minBytes }) => ({
        binding,
        visibility: GPUShaderStage.COMPUTE,
        buffer: { type, minBindingSize: minBytes },
      })),
    });
    return {
      layout,
      pipelineLayout: device.createPipelineLayout({ label: what, bindGroupLayouts: [stepLayout, layout] }),
    };
  });
  try {
    const compute = { module, entryPoint: kernel.entry };
    const pipeline = await device.createComputePipelineAsync({ label: what, layout: pipelineLayout, compute });
    return { kernel, pipeline, bindings, layout };
  } catch (cause) {
    throw new GpuError(`${what} did not compile: ${(cause as Error).message}`, { cause });
  }
}

async function createModule(gpu: Gpu, joined: JoinedShader, what: string): Promise<GPUShaderModule> {
  let module: GPUShaderModule | undefined;
  try {
    return await scoped(gpu, what, () => {
      module = gpu.device.createShaderModule({ label: what, code: joined.code });
      return module;
    });
  } catch (cause) {
    // The module's own messages carry the place.
    throw new GpuError(await explain(module, joined, what, cause as Error), { cause });
  }
}

/** Reflection of a kernel without expanding its loops, which would only make the parser slower. */
function reflectJoined(kernel: Kernel): Reflection {
  const plain = joinShader(kernel, (path) => readSource(kernel, path).replaceAll("// @unroll", "//"));
  return reflectShader(plain.code, describe(kernel));
}

function readSource({ shader, source }: Kernel, path: string): string {
  return path === shader && source !== undefined ? source : readShader(path);
}

async function explain(
  module: GPUShaderModule | undefined,
  joined: JoinedShader,
  what: string,
  cause: Error,
): Promise<string> {
  const errors = (await module?.getCompilationInfo())?.messages.filter(({ type }) => type === "error") ?? [];
  if (errors.length === 0) return `${what} did not compile: ${cause.message}`;
  const lines = errors.map(({ lineNum, linePos, message }) => {
    const { file, line, text } = joined.locate(lineNum);
    return `shaders/${file}:${line}:${linePos}: ${message}\n  ${text}\n  ${" ".repeat(Math.max(0, linePos - 1))}^`;
  });
  return `${what} did not compile:\n${lines.join("\n")}`;
}

/**
 * Binds buffers to a compiled kernel by the names in its WGSL.
 * @throws GpuError naming a binding that is missing, unknown, or too short for what the shader declares
 */
export function bindKernel(
  gpu: Gpu,
  compiled: CompiledKernel,
  resources: Readonly<Record<string, Resource>>,
): GPUBindGroup {
  const { bindings, kernel, layout } = compiled;
  const what = describe(kernel);
  const names = bindings.map(({ name }) => name).join(", ");
  for (const name of Object.keys(resources)) {
    if (!bindings.some((binding) => binding.name === name)) {
      throw new GpuError(
        `${what} has no binding "${name}"; it binds ${names}: leave it out or declare it in the shader`,
      );
    }
  }
  const entries = bindings.map(({ name, binding, minBytes, elementBytes }) => {
    const resource = resources[name];
    if (!resource) throw new GpuError(`${what} needs a buffer for "${name}"; it binds ${names}`);
    const range = "buffer" in resource ? resource : { buffer: resource, offset: 0, size: resource.size };
    if (range.size < minBytes || (elementBytes && range.size % elementBytes !== 0)) {
      throw new GpuError(
        `${what}: "${name}" got ${range.size} bytes ("${range.buffer.label}"), but ` +
          (elementBytes
            ? `its elements take ${elementBytes} bytes each: make it a whole number of them, at least one`
            : `the shader declares ${minBytes} bytes`),
      );
    }
    return { binding, resource: range };
  });
  return gpu.device.createBindGroup({ label: what, layout, entries });
}

/** The bind group of group 0 over a buffer of step rows, `rowBytes` of which a kernel sees at each dynamic offset. */
export function bindStep(gpu: Gpu, buffer: GPUBuffer, rowBytes: number): GPUBindGroup {
  const layout = cacheOf(gpu.device).stepLayout;
  return gpu.device.createBindGroup({
    label: "step",
    layout,
    entries: [{ binding: 0, resource: { buffer, size: rowBytes } }],
  });
}

/** A kernel's name in messages: its file and its constants. */
export function describe(kernel: Kernel): string {
  const constants = Object.entries(kernel.constants).map(([name, value]) => `${name}=${value}`);
  return `shaders/${kernel.shader}${constants.length ? ` (${constants.join(", ")})` : ""}`;
}
