import { readShader } from "#platform";
import type { Dispatch } from "../gpu/dispatch.ts";
import { defineKernel, type Kernel, STEP_SHADER } from "../gpu/kernel.ts";
import { reflectStruct, type StructLayout } from "../gpu/reflect.ts";
import type { Hyper, Optimizer, Slot } from "./optimizer.ts";

/** The slots that an optimizer keeps with these hyper-parameters, in the order of their numbers. */
export function usedSlots(optimizer: Optimizer, hyper: Hyper): readonly Slot[] {
  return optimizer.slots(hyper).filter(({ used }) => used !== false);
}

/** What decides the kernel: members of a population share it. */
export function updateStructure(optimizer: Optimizer, hyper: Hyper): string {
  return JSON.stringify(updateKernel(optimizer, hyper));
}

/** The elementwise update of an optimizer: its WGSL file joined to the loop over the arena. */
export function updateKernel(optimizer: Optimizer, hyper: Hyper): Kernel {
  const used = usedSlots(optimizer, hyper);
  const slots = optimizer.slots(hyper);
  // A slot that is not used is never touched, but the index in its dead branch must still be in range.
  const numbers = Object.fromEntries(slots.map(({ name }) => [name, 0]));
  used.forEach(({ name }, number) => {
    numbers[name] = number;
  });
  return defineKernel({
    shader: used.length === 0 ? "optim/update_stateless.wgsl" : "optim/update.wgsl",
    uses: [STEP_SHADER, `optim/${optimizer.name}.wgsl`],
    constants: {
      ...(slots.length === 0 ? {} : { ...numbers, SLOTS: used.length }),
      ...optimizer.switches?.(hyper),
    },
  });
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
  const isStateless = usedSlots(optimizer, hyper).length === 0;
  return {
    label: `${optimizer.name} update`,
    kernel,
    buffers: { params: "params", grads: "grads", hypers: "hypers", ...(isStateless ? {} : { state: "state" }) },
    shape: { quads: stride / 4 },
    workgroups: [Math.min(65535, Math.ceil(stride / 4 / 64 / quadsPerThread)), 1, members],
  };
}

/** The layout of one row of `hypers`: `enabled`, and the optimizer's own `struct Hyper` as `hyper`. */
export function hyperLayout(kernel: Kernel): StructLayout {
  const code = [...kernel.uses, kernel.shader].map(readShader).join("\n");
  return reflectStruct(code, "Row");
}
