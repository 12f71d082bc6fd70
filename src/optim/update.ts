import { readShader } from "#platform";
import type { BufferSpec } from "../gpu/buffers.ts";
import { type Dispatch, loopGroups } from "../gpu/dispatch.ts";
import { defineKernel, type Kernel, STEP_SHADER } from "../gpu/kernel.ts";
import { reflectStruct, type StructLayout } from "../gpu/reflect.ts";
import type { Epilogue } from "../nn/dense.ts";
import { type Arena, layOut } from "../nn/tensors.ts";
import type { Hyper, Optimizer, Site, Slot } from "./optimizer.ts";
import {
  rowConstants,
  type Scalars,
  type Sums,
  segmentGroups,
  segmentShape,
  sumDispatches,
  tensorTable,
} from "./segments.ts";

/** The slots that an optimizer keeps with these hyper-parameters, in the order of their numbers. */
export function usedSlots(optimizer: Optimizer, hyper: Hyper): readonly Slot[] {
  return optimizer.slots(hyper).filter(({ used }) => used !== false);
}

/** What decides the kernel: members of a population share it. */
export function updateStructure(optimizer: Optimizer, hyper: Hyper): string {
  return JSON.stringify([updateKernel(optimizer, hyper), stagesOf(optimizer, hyper, ANY_SITE)]);
}

const ANY_SITE: Site = {
  arena: layOut({ "first.weight": [4, 4], "first.bias": [4], "last.weight": [4, 4] }),
  members: 1,
  groups: 1,
  quadsPerThread: 1,
};

/** The files and constants of an optimizer's step for four adjacent parameters. */
function applyKernel(optimizer: Optimizer, hyper: Hyper): Pick<Kernel, "uses" | "constants"> {
  const { uses, constants } = elementKernel(optimizer, hyper);
  const isStateless = usedSlots(optimizer, hyper).length === 0;
  return { uses: [...uses, `optim/apply${isStateless ? "_stateless" : ""}.wgsl`], constants };
}

/** The optimizer's own file with its hyper-parameters' rows. */
function elementKernel(optimizer: Optimizer, hyper: Hyper): Pick<Kernel, "uses" | "constants"> {
  const used = usedSlots(optimizer, hyper);
  const slots = optimizer.slots(hyper);
  // A slot that is not used is never touched, but the index in its dead branch must still be in range.
  const numbers = Object.fromEntries(slots.map(({ name }) => [name, 0]));
  used.forEach(({ name }, number) => {
    numbers[name] = number;
  });
  return {
    uses: [`optim/${optimizer.name}.wgsl`, "optim/row.wgsl"],
    constants: {
      ...(slots.length === 0 ? {} : { ...numbers, SLOTS: used.length }),
      ...optimizer.switches?.(hyper),
    },
  };
}

/** The files that declare `row_of` for this optimizer, for kernels that act on enabled members. */
export function rowFiles(optimizer: Optimizer, hyper: Hyper, site: Site): Pick<Kernel, "uses" | "constants"> {
  const { uses, constants } = elementKernel(optimizer, hyper);
  return {
    uses: [...uses, ...(optimizer.stages ? ["optim/zero_scalars.wgsl"] : [])],
    constants: { ...constants, ...segmentConstants(site) },
  };
}

function applyBuffers(optimizer: Optimizer, hyper: Hyper): Dispatch["buffers"] {
  return { params: "params", hypers: "hypers", ...(usedSlots(optimizer, hyper).length > 0 && { state: "state" }) };
}

/** The optimizer's step as the end of the kernels that compute the gradients, which then never lie in memory. */
export function updateEpilogue(optimizer: Optimizer, hyper: Hyper): Epilogue {
  return { ...applyKernel(optimizer, hyper), label: " + update", buffers: applyBuffers(optimizer, hyper) };
}

/** The elementwise update of an optimizer: its WGSL file joined to the loop over the arena. */
export function updateKernel(optimizer: Optimizer, hyper: Hyper): Kernel {
  const { uses, constants } = applyKernel(optimizer, hyper);
  return defineKernel({ shader: "optim/update.wgsl", uses: [STEP_SHADER, ...uses], constants });
}

/**
 * One optimizer step for every parameter of every member: buffers params and grads [P, stride], state [P, slots, stride],
 * hypers [K, P].
 * @param stride floats of a member's part of the arena, a multiple of 4
 * @param quadsPerThread groups of four parameters that a thread goes through; results do not depend on it
 */
export function updateDispatch(
  optimizer: Optimizer,
  hyper: Hyper,
  stride: number,
  members: number,
  quadsPerThread = 1,
): Dispatch {
  const kernel = updateKernel(optimizer, hyper);
  const slots = usedSlots(optimizer, hyper).length;
  return {
    label: `${optimizer.name} update`,
    kernel,
    buffers: { grads: "grads", ...applyBuffers(optimizer, hyper) },
    shape: { quads: stride / 4 },
    workgroups: loopGroups(stride / 4, members, quadsPerThread),
    bytes: 4 * stride * (3 + 2 * slots), // gradients read; parameters and state read and written
  };
}

/**
 * A step by tensor: `scalars` of the tensor beside the element, and the row of hyper-parameters of its group.
 * @param scalars where they come from; an optimizer whose file reads none needs none
 * @param isSettled whether the gradient is in the state, which the step only reads
 */
export function segmentUpdate(
  optimizer: Optimizer,
  hyper: Hyper,
  site: Site,
  scalars?: Scalars,
  isSettled = false,
): Dispatch {
  const { uses, constants } = applyKernel(optimizer, hyper);
  const slots = usedSlots(optimizer, hyper).length;
  return {
    label: `${optimizer.name} update`,
    kernel: defineKernel({
      shader: "optim/update_segments.wgsl",
      uses: [STEP_SHADER, ...uses, scalarsShader(scalars), "optim/segments.wgsl"],
      constants: {
        ...constants,
        ...segmentConstants(site, scalars),
        ...(isSettled && { CHANGES_STATE: false, READS_GRADIENT: false }),
      },
    }),
    buffers: { grads: "grads", tensors: "tensors", ...applyBuffers(optimizer, hyper), ...scalarBuffers(scalars) },
    shape: segmentShape(site, scalars),
    workgroups: segmentGroups(site),
    bytes: 4 * site.arena.stride * (isSettled ? 2 + slots : 3 + 2 * slots),
  };
}

/** More of `termSums`. */
export interface TermOptions {
  readonly scalars?: Scalars;
  /** What the terms change: the state, as unless said; nothing, nor read it; or the parameters too, by the step itself. */
  readonly changes?: "nothing" | "state" | "params";
}

/** The sums of the optimizer's own `terms`, which its file declares beside `update` and which may change its state. */
export function termSums(
  optimizer: Optimizer,
  hyper: Hyper,
  site: Site,
  over: Sums["over"],
  label: string,
  { scalars, changes = "state" }: TermOptions = {},
): Dispatch[] {
  const { uses, constants } = elementKernel(optimizer, hyper);
  const slots = usedSlots(optimizer, hyper).length;
  const moved = { nothing: 0, state: 2 * slots, params: 2 * slots + 1 }[changes];
  const [first, ...rest] = sumDispatches(site, {
    label,
    uses: [...uses, "optim/terms.wgsl", scalars ? "optim/scalars.wgsl" : "optim/zero_scalars.wgsl"],
    constants: {
      ...constants,
      ...segmentConstants(site, scalars),
      READS_STATE: changes !== "nothing",
      CHANGES_STATE: changes !== "nothing",
      CHANGES_PARAMS: changes === "params",
    },
    buffers: { ...applyBuffers(optimizer, hyper), ...scalarBuffers(scalars) },
    ...(scalars && { scalars }),
    over,
  }) as [Dispatch, ...Dispatch[]];
  return [{ ...first, bytes: 4 * site.arena.stride * (2 + moved) }, ...rest];
}

const scalarsShader = (scalars?: Scalars) => `optim/${scalars ? "" : "no_"}scalars.wgsl`;
const scalarBuffers = (scalars?: Scalars) => (scalars ? { scalar_table: scalars.buffer } : {});

function segmentConstants(site: Site, scalars?: Scalars): Kernel["constants"] {
  return { ...rowConstants(site), ...(scalars && !scalars.perTensor && { PER_TENSOR: 0 }) };
}

/** Whether a step needs no more than the element and its gradient, and so can end the gradient's kernel. */
export function isElementwise(optimizer: Optimizer, groups: number): boolean {
  return !optimizer.stages && groups === 1;
}

/** What a step dispatches once the gradients are there. */
export function stagesOf(optimizer: Optimizer, hyper: Hyper, site: Site): readonly Dispatch[] {
  if (optimizer.stages) return optimizer.stages(hyper, site);
  if (site.groups > 1) return [segmentUpdate(optimizer, hyper, site)];
  return [updateDispatch(optimizer, hyper, site.arena.stride, site.members, site.quadsPerThread)];
}

/** The buffers that `stagesOf` needs beside params, grads, state, hypers and extra. */
export function stageBuffers(optimizer: Optimizer, hyper: Hyper, site: Site): Readonly<Record<string, BufferSpec>> {
  return {
    ...(!isElementwise(optimizer, site.groups) && tensorTable(site)),
    ...optimizer.buffers?.(hyper, site),
  };
}

/** How the optimizer's extra tensors lie in the buffer `extra`; without any, in no bytes. */
export function extraArena(optimizer: Optimizer, hyper: Hyper, arena: Arena): Arena {
  const extra = optimizer.extra?.(hyper, arena) ?? [];
  return layOut(Object.fromEntries(extra.map(({ name, shape }) => [name, shape])));
}

/** The kernel that writes the weights for evaluation, `seen` [P, stride], and the layout of its table `views` [P]. */
export function viewDispatch(optimizer: Optimizer, hyper: Hyper, site: Site): Dispatch {
  const { constants } = elementKernel(optimizer, hyper);
  const quads = site.arena.stride / 4;
  return {
    label: "evaluated weights",
    kernel: defineKernel({ shader: "optim/view.wgsl", uses: [`optim/${optimizer.name}.wgsl`], constants }),
    buffers: { params: "params", state: "state", views: "views", seen: "seen" },
    shape: { quads },
    workgroups: loopGroups(quads, site.members, site.quadsPerThread),
  };
}

/** The layout of a member's entry in `views`. */
export function viewLayout({ name }: Optimizer): StructLayout {
  return reflectStruct(readShader(`optim/${name}.wgsl`), "View");
}

/** The layout of one row of `hypers`: `enabled`, and the optimizer's own `struct Hyper` as `hyper`. */
export function hyperLayout(kernel: Kernel): StructLayout {
  const code = [...kernel.uses, kernel.shader].map(readShader).join("\n");
  return reflectStruct(code, "Row");
}
