import { describe, expect, test } from "vitest";
import type { Gpu } from "../../src/gpu/device.ts";
import { writeStruct } from "../../src/gpu/uniforms.ts";
import { layOut } from "../../src/nn/tensors.ts";
import { extraStart } from "../../src/optim/extraStart.ts";
import { type Hyper, memoryAfter, type Optimizer } from "../../src/optim/optimizer.ts";
import { optimizers } from "../../src/optim/registry.ts";
import { runTrajectory, type Trajectory } from "../../src/optim/trajectory.ts";
import { extraArena, hyperLayout, stageBuffers, stagesOf, updateKernel, usedSlots } from "../../src/optim/update.ts";
import { expectClose } from "../reference/close.ts";
import { trajectory } from "../reference/optimizers.ts";
import { mulberry32, uniform } from "../reference/random.ts";
import { runDispatch, stepOf, useGpu } from "../support/gpu.ts";
import { SETTINGS } from "./settings.ts";

const gpuOf = useGpu();

const STEPS = 20;
const COUNT = 101; // no multiple of 4 or 64
const STRIDE = 128;

// Twenty steps' roundings of f32.
const BOUND = { absolute: 1e-6, relative: 1e-5 };

/** Those that go by gradients alone: test/optim/lbfgs.gpu.test.ts has the one that needs the loss. */
const byGradients = optimizers.filter(({ needsLoss }) => !needsLoss);

const settings = byGradients.flatMap((optimizer) =>
  [{}, ...(SETTINGS[optimizer.name] ?? [])].map((given) => ({
    optimizer,
    name: optimizer.name,
    given: JSON.stringify(given),
    hyper: optimizer.hyper.parse(given),
  })),
);

/** Gradients of each step: some elements never have one, some do not now and then, and two steps have none at all. */
function gradientsOf(seed: number): Float64Array[] {
  const next = mulberry32(seed);
  return Array.from({ length: STEPS }, (_, t) =>
    uniform(COUNT, seed + t, 2).map((g, i) => (i % 10 === 3 || t === 7 || t === 8 || next() < 0.1 ? 0 : g)),
  );
}

/** Tensors for what looks at them whole: 101 parameters, rows with and without pads. */
const SHAPES = { weight: [7, 9], bias: [7], head: [3, 8], last: [7] };

const solo = (
  gpu: Gpu,
  optimizer: Optimizer,
  hyper: Hyper,
  start: Float64Array,
  gradients: readonly Float64Array[],
  shapes?: Readonly<Record<string, readonly number[]>>,
) => runTrajectory(gpu, optimizer, hyper, start, STEPS, (_, t) => gradients[t - 1] as Float64Array, shapes);

test("the settings leave no option out", () => {
  for (const { name, hyper } of optimizers) {
    const defaults = hyper.parse({});
    const changed = (SETTINGS[name] ?? []).flatMap((given) =>
      Object.keys(given).filter((key) => given[key] !== defaults[key]),
    );
    expect([...new Set(changed)].sort(), name).toEqual(Object.keys(defaults).sort());
  }
});

describe("against the reference in f64", () => {
  test.each(settings)("$name:$given", async ({ optimizer, hyper }) => {
    const start = uniform(COUNT, 1);
    const gradients = gradientsOf(2);
    const shapes = optimizer.stages && SHAPES;
    const run = await solo(await gpuOf(), optimizer, hyper, start, gradients, shapes);
    const { after, state, seen } = trajectory(optimizer.name, hyper, start, gradients, shapes);
    after.forEach((expected, t) => {
      expectClose(run.params[t] ?? [], expected, BOUND, `params after ${t + 1}`);
    });
    expect(Object.keys(run.state)).toEqual(Object.keys(state));
    for (const [slot, expected] of Object.entries(state)) expectClose(run.state[slot] ?? [], expected, BOUND, slot);
    expect(run.seen === undefined).toBe(seen === undefined);
    if (seen) expectClose(run.seen ?? [], seen, BOUND, "evaluated weights");
  });
});

/** What distinguishes the members of a population: everything that can without changing the kernel. */
const MEMBERS = 3;
const STOPPED = 1;
const STOPPED_AFTER = 12;

/** Runs a population along its gradients; `enabled(t, m)` says who takes part in step t. */
async function runPopulation(
  gpu: Gpu,
  optimizer: Optimizer,
  hypers: readonly Hyper[],
  start: readonly Float64Array[],
  gradients: readonly (readonly Float64Array[])[],
  enabled: (t: number, member: number) => boolean,
): Promise<Trajectory[]> {
  const structure = hypers[0] as Hyper;
  const slots = usedSlots(optimizer, structure);
  const site = { arena: layOut({ x: [COUNT] }), members: MEMBERS, groups: 1, quadsPerThread: 1 };
  const dispatches = stagesOf(optimizer, structure, site);
  const layout = hyperLayout(updateKernel(optimizer, structure));
  // The table holds all steps, a row for each member: the kernel picks its own by `slot`.
  const table = new Uint8Array(STEPS * MEMBERS * layout.size);
  for (let t = 1; t <= STEPS; t++) {
    hypers.forEach((hyper, m) => {
      const at = ((t - 1) * MEMBERS + m) * layout.size;
      writeStruct(new DataView(table.buffer), at, layout, {
        enabled: enabled(t, m) ? 1 : 0,
        hyper: optimizer.step(hyper, t, memoryAfter(optimizer, hyper, t - 1)),
      });
    });
  }
  let params = new Float32Array(MEMBERS * STRIDE);
  for (const [m, values] of start.entries()) params.set(values, m * STRIDE);
  let state = new Float32Array(MEMBERS * slots.length * STRIDE);
  hypers.forEach((hyper, m) => {
    usedSlots(optimizer, hyper).forEach(({ fill = 0, start: from }, s) => {
      state.fill(fill, (m * slots.length + s) * STRIDE, (m * slots.length + s + 1) * STRIDE);
      if (from === "params") state.set(start[m] as Float64Array, (m * slots.length + s) * STRIDE);
    });
  });
  const extras = extraArena(optimizer, structure, site.arena);
  let extra = new Float32Array(MEMBERS * extras.stride);
  hypers.forEach((hyper, m) => {
    if (optimizer.extra) extra.set(extraStart(optimizer, hyper, site.arena), m * extras.stride);
  });
  const buffers = Object.entries(stageBuffers(optimizer, structure, site)).map(([name, { bytes, values }]) => {
    return [name, values ? Uint32Array.from(values) : new Uint32Array(bytes / 4)] as const;
  });
  const after: Float32Array[] = [];
  for (let t = 1; t <= STEPS; t++) {
    const grads = new Float32Array(MEMBERS * STRIDE);
    for (const [m, steps] of gradients.entries()) grads.set(steps[t - 1] as Float64Array, m * STRIDE);
    const step = stepOf(1, { members: MEMBERS, slot: t - 1 });
    const results = await runDispatch(gpu, dispatches, step, {
      params,
      grads,
      hypers: table,
      ...(slots.length > 0 && { state }),
      ...(optimizer.extra && { extra }),
      ...Object.fromEntries(buffers),
    });
    params = new Float32Array(results.params as ArrayBuffer);
    if (results.state) state = new Float32Array(results.state);
    if (results.extra) extra = new Float32Array(results.extra);
    after.push(params);
  }
  const part = (array: Float32Array, index: number) => array.slice(index * STRIDE, index * STRIDE + COUNT);
  return hypers.map((_, m) => ({
    params: after.map((step) => part(step, m)),
    state: Object.fromEntries([
      ...slots.map(({ name }, s) => [name, part(state, m * slots.length + s)] as const),
      ...extras.tensors.map(({ name, offset, columns }) => {
        return [name, extra.slice(m * extras.stride + offset, m * extras.stride + offset + columns)] as const;
      }),
    ]),
  }));
}

describe("a population with different hyper-parameters, one member stopped", () => {
  // The last setting, which has the most parts; all its numbers change, but none to 0, which could change the kernel.
  test.each(byGradients)("$name", async (optimizer) => {
    const gpu = await gpuOf();
    const base = optimizer.hyper.parse(SETTINGS[optimizer.name]?.at(-1));
    const hypers = [1, 0.5, 0.25].map((factor) =>
      Object.fromEntries(
        Object.entries(base).map(([key, value]) => [key, typeof value === "number" ? value * factor : value]),
      ),
    );
    const start = hypers.map((_, m) => uniform(COUNT, 50 + m));
    const gradients = hypers.map((_, m) => gradientsOf(100 * m));
    const isEnabled = (t: number, m: number) => m !== STOPPED || t <= STOPPED_AFTER;
    const population = await runPopulation(gpu, optimizer, hypers, start, gradients, isEnabled);
    for (const [m, hyper] of hypers.entries()) {
      const alone = await solo(gpu, optimizer, hyper, start[m] as Float64Array, gradients[m] as Float64Array[]);
      if (m !== STOPPED) {
        expect(population[m]?.params).toEqual(alone.params);
        expect(population[m]?.state).toEqual(alone.state);
        continue;
      }
      const last = alone.params[STOPPED_AFTER - 1] as Float32Array;
      expect(population[m]?.params).toEqual(alone.params.map((params, t) => (t < STOPPED_AFTER ? params : last)));
      const short = await runTrajectory(gpu, optimizer, hyper, start[m] as Float64Array, STOPPED_AFTER, (_, t) => {
        return gradients[m]?.[t - 1] as Float64Array;
      });
      expect(population[m]?.state).toEqual(short.state);
    }
  });
});
