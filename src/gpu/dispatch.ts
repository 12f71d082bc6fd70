import { createBuffer } from "./buffers.ts";
import { type Gpu, scoped } from "./device.ts";
import { GpuError } from "./errors.ts";
import { bindKernel, compileKernel, describe, type Kernel, type Resource } from "./kernel.ts";
import { encodeStruct, type StructValues } from "./uniforms.ts";

/** One kernel run over named buffers: plain data, a line of a plan. */
export interface Dispatch {
  /** What it computes, for people: `fc1 forward`. */
  readonly label: string;
  readonly kernel: Kernel;
  /** The plan's buffer for each binding of the kernel, by the binding's name in WGSL. */
  readonly buffers: Readonly<Record<string, string>>;
  /** The fixed numbers that the kernel reads as `shape`, where it declares them. */
  readonly shape?: StructValues;
  /** Workgroups; z is the population. */
  readonly workgroups: readonly [number, number, number];
  /** Floating-point operations of one member, a multiplication and an addition counted as two, where they bound its time. */
  readonly flops?: number;
  /** Bytes that it reads and writes for one member, where they bound its time. */
  readonly bytes?: number;
}

/** Most workgroups along one axis, on any device. */
const MAX_GROUPS = 65535;

/**
 * Workgroups of 64 threads for a kernel that loops over `items` of each member from thread to thread.
 * @param each items that a thread goes through
 */
export function loopGroups(items: number, members: number, each = 1): Dispatch["workgroups"] {
  return [Math.min(MAX_GROUPS, Math.ceil(items / 64 / each)), 1, members];
}

/** Workgroups for a piece of each member's work each, counted along x and y. */
export function pieceGroups(pieces: number, members: number): Dispatch["workgroups"] {
  const x = Math.min(MAX_GROUPS, pieces);
  return [x, Math.ceil(pieces / x), members];
}

/** A dispatch with its pipeline compiled and its buffers bound. */
export interface PreparedDispatch {
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly workgroups: readonly [number, number, number];
}

/** Compiles all kernels at once and binds each dispatch. The small uniform buffers made for shapes are added to `owned`. */
export async function prepareDispatches(
  gpu: Gpu,
  dispatches: readonly Dispatch[],
  buffers: Readonly<Record<string, Resource>>,
  owned: GPUBuffer[],
): Promise<PreparedDispatch[]> {
  const compiled = await Promise.all(dispatches.map(({ kernel }) => compileKernel(gpu, kernel)));
  const prepare = (dispatch: Dispatch, i: number): PreparedDispatch => {
    const kernel = compiled[i] as (typeof compiled)[number];
    const resources: Record<string, Resource> = {};
    for (const [binding, name] of Object.entries(dispatch.buffers)) {
      const buffer = buffers[name];
      if (!buffer) throw new GpuError(`${dispatch.label}: the plan has no buffer "${name}" for "${binding}"`);
      resources[binding] = buffer;
    }
    const shape = kernel.bindings.find(({ name }) => name === "shape");
    if (shape && dispatch.shape) {
      if (shape.layout?.kind !== "struct")
        throw new GpuError(`${describe(dispatch.kernel)}: "shape" must be a struct of scalars`);
      const buffer = createBuffer(gpu, `${dispatch.label} shape`, {
        bytes: shape.layout.size,
        usage: "uniform",
        what: "shape",
      });
      gpu.device.queue.writeBuffer(buffer, 0, encodeStruct(shape.layout, dispatch.shape));
      owned.push(buffer);
      resources.shape = buffer;
    }
    return {
      pipeline: kernel.pipeline,
      bindGroup: bindKernel(gpu, kernel, resources),
      workgroups: dispatch.workgroups,
    };
  };
  return scoped(gpu, "binding buffers", () => dispatches.map(prepare));
}

/** Encodes prepared dispatches into a pass whose group 0 is set. The hot loop of training: three calls each. */
export function encodeDispatches(pass: GPUComputePassEncoder, dispatches: readonly PreparedDispatch[]): void {
  for (const { pipeline, bindGroup, workgroups } of dispatches) {
    pass.setPipeline(pipeline);
    pass.setBindGroup(1, bindGroup);
    pass.dispatchWorkgroups(workgroups[0], workgroups[1], workgroups[2]);
  }
}
