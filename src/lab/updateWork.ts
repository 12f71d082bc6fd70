import type { BufferSpec } from "../gpu/buffers.ts";
import type { Dispatch } from "../gpu/dispatch.ts";
import { mlp } from "../nn/mlp.ts";
import type { Arena } from "../nn/tensors.ts";
import type { Hyper, Optimizer, Site } from "../optim/optimizer.ts";
import { findOptimizer } from "../optim/registry.ts";
import { extraArena, hyperLayout, stageBuffers, stagesOf, updateKernel, usedSlots } from "../optim/update.ts";
import { wrap } from "../optim/wrappers.ts";

/** What a step reads and writes, in bytes a parameter. */
export interface UpdateBytes {
  /** The least that any form of it reads: gradient, parameter and state, each once. */
  readonly read: number;
  /** The least that it writes: parameter and state. */
  readonly written: number;
  /** What the passes of the form that runs read and write together: more where sums over a tensor come before the step. */
  readonly moved: number;
}

/** A step whose cost is measured: the dispatches of an optimizer, or of what goes around one. */
export interface UpdateWork {
  readonly name: string;
  readonly optimizer: Optimizer;
  readonly hyper: Hyper;
  readonly site: Site;
  readonly dispatches: readonly Dispatch[];
  readonly bytes: UpdateBytes;
}

/** Inputs and classes of the network whose parameters are updated. */
const [INPUTS, CLASSES] = [784, 10];

/** The parameters, about so many, of a network with two hidden layers of one width: three matrices and three vectors. */
export function networkArena(parameters: number): Arena {
  const perUnit = INPUTS + CLASSES + 2; // parameters = width^2 + perUnit width + CLASSES
  const width = (Math.sqrt(perUnit ** 2 + 4 * (parameters - CLASSES)) - perUnit) / 2;
  const whole = Math.max(4, 4 * Math.round(width / 4)); // vec4s, so that few pads are moved
  return mlp([INPUTS, whole, whole, CLASSES], "relu").arena;
}

/** How many parameters an arena holds, without pads. */
export const parametersOf = ({ tensors }: Arena): number =>
  tensors.reduce((sum, { rows, columns }) => sum + rows * columns, 0);

/** The step of an optimizer with its default hyper-parameters, its gradients in memory. */
export function updateWork(optimizer: Optimizer, site: Site): UpdateWork {
  const hyper = optimizer.hyper.parse({});
  const dispatches = stagesOf(optimizer, hyper, site);
  const slots = usedSlots(optimizer, hyper).length;
  const bytes = { read: 4 * (2 + slots), written: 4 * (1 + slots), moved: movedBy(dispatches, site) };
  return { name: optimizer.name, optimizer, hyper, site, dispatches, bytes };
}

/** What goes around any optimizer: lookahead's meeting, once in k steps, and sam's way to its second gradient and back. */
export function wrapperWork(site: Site): readonly UpdateWork[] {
  const optimizer = findOptimizer("sgd") as Optimizer;
  const hyper = optimizer.hyper.parse({});
  const wrappers = { lookahead: { k: 5, alpha: 0.5 }, sam: { rho: 0.05 } };
  const { sync, between, before } = wrap(wrappers, optimizer, hyper, site);
  const work = (name: string, dispatches: readonly Dispatch[], read: number, written: number): UpdateWork => {
    return { name, optimizer, hyper, site, dispatches, bytes: { read, written, moved: movedBy(dispatches, site) } };
  };
  return [
    work("lookahead", sync, 8, 8), // fast and slow weights
    work("sam", [...between, ...before], 12, 12), // there: gradient and parameter, which is kept; back: what was kept
  ];
}

const movedBy = (dispatches: readonly Dispatch[], { arena }: Site): number =>
  dispatches.reduce((sum, { bytes = 0 }) => sum + bytes, 0) / arena.stride;

/** The buffers that a step works on. */
export function workBuffers({ optimizer, hyper, site, dispatches }: UpdateWork): Readonly<Record<string, BufferSpec>> {
  const { stride } = site.arena;
  const floats = (count: number, what: string): BufferSpec => ({ bytes: 4 * count, usage: "storage", what });
  const names = new Set(dispatches.flatMap(({ buffers }) => Object.values(buffers)));
  const all: Record<string, BufferSpec> = {
    params: floats(stride, "parameters"),
    grads: floats(stride, "gradients"),
    state: floats(stride * usedSlots(optimizer, hyper).length, "state of the optimizer"),
    extra: floats(extraArena(optimizer, hyper, site.arena).stride, "more state of the optimizer"),
    hypers: floats(hyperLayout(updateKernel(optimizer, hyper)).size / 4, "hyper-parameters"),
    slow: floats(stride, "slow weights"),
    held: floats(stride, "weights before a climb"),
    norm_partials: floats(1024, "partial sums of a norm"),
    ...stageBuffers(optimizer, hyper, site),
  };
  return Object.fromEntries(Object.entries(all).filter(([name]) => names.has(name)));
}
