import { describe, expect, test } from "vitest";
import type { Gpu } from "../../src/gpu/device.ts";
import { writeStruct } from "../../src/gpu/uniforms.ts";
import type { Hyper, Optimizer } from "../../src/optim/optimizer.ts";
import { optimizers } from "../../src/optim/registry.ts";
import { runTrajectory, type Trajectory } from "../../src/optim/trajectory.ts";
import { hyperLayout, updateDispatch, usedSlots } from "../../src/optim/update.ts";
import { expectClose } from "../reference/close.ts";
import { trajectory } from "../reference/optimizers.ts";
import { mulberry32, uniform } from "../reference/random.ts";
import { runDispatch, stepOf, useGpu } from "../support/gpu.ts";

const gpuOf = useGpu();

const STEPS = 20;
const COUNT = 101; // no multiple of 4 or 64
const STRIDE = 128;

// Twenty steps' roundings of f32.
const BOUND = { absolute: 1e-6, relative: 1e-5 };

/** Hyper-parameters to test each optimizer with, beside its defaults: every one of them has another value in some. */
const SETTINGS: Readonly<Record<string, readonly Hyper[]>> = {
  sgd: [{ lr: 0.1 }, { lr: 0.03, weight_decay: 0.1 }],
  momentum: [
    { lr: 0.1, momentum: 0.5 },
    { lr: 0.1, momentum: 0 },
    { lr: 0.1, dampening: 1 },
    { lr: 0.03, momentum: 0.9, dampening: 0.3, weight_decay: 0.1 },
  ],
  nesterov: [
    { lr: 0.1, momentum: 0.5 },
    { lr: 0.03, momentum: 0.99, weight_decay: 0.1 },
  ],
  adagrad: [
    { lr: 0.1, lr_decay: 0.05, weight_decay: 0.1 },
    { lr: 0.1, initial_accumulator_value: 0.5, eps: 1e-3 },
    { lr: 0.1, eps: 0, eps_root: 1e-4 },
  ],
  rmsprop: [
    { lr: 0.02, alpha: 0.9, weight_decay: 0.1, eps: 1e-4 },
    { lr: 0.01, alpha: 0.9, momentum: 0.9 },
    { lr: 0.01, alpha: 0.9, centered: true },
    { lr: 0.01, alpha: 0.9, centered: true, momentum: 0.5, eps: 0, eps_root: 1e-4 },
  ],
  adam: [
    { lr: 0.01, beta1: 0.5, beta2: 0.9, weight_decay: 0.1, eps: 1e-4 },
    { lr: 0.01, beta1: 0, beta2: 0 },
    { lr: 0.01, eps: 0, eps_root: 1e-4 },
  ],
};

const settings = optimizers.flatMap((optimizer) =>
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

const solo = (gpu: Gpu, optimizer: Optimizer, hyper: Hyper, start: Float64Array, gradients: readonly Float64Array[]) =>
  runTrajectory(gpu, optimizer, hyper, start, STEPS, (_, t) => gradients[t - 1] as Float64Array);

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
    const run = await solo(await gpuOf(), optimizer, hyper, start, gradients);
    const { after, state } = trajectory(optimizer.name, hyper, start, gradients);
    after.forEach((expected, t) => {
      expectClose(run.params[t] ?? [], expected, BOUND, `params after ${t + 1}`);
    });
    expect(Object.keys(run.state)).toEqual(Object.keys(state));
    for (const [slot, expected] of Object.entries(state)) expectClose(run.state[slot] ?? [], expected, BOUND, slot);
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
  const slots = usedSlots(optimizer, hypers[0] as Hyper);
  const dispatch = updateDispatch(optimizer, hypers[0] as Hyper, STRIDE, MEMBERS);
  const layout = hyperLayout(dispatch.kernel);
  // The table holds all steps, a row for each member: the kernel picks its own by `slot`.
  const table = new Uint8Array(STEPS * MEMBERS * layout.size);
  for (let t = 1; t <= STEPS; t++) {
    hypers.forEach((hyper, m) => {
      const at = ((t - 1) * MEMBERS + m) * layout.size;
      writeStruct(new DataView(table.buffer), at, layout, {
        enabled: enabled(t, m) ? 1 : 0,
        hyper: optimizer.step(hyper, t),
      });
    });
  }
  let params = new Float32Array(MEMBERS * STRIDE);
  for (const [m, values] of start.entries()) params.set(values, m * STRIDE);
  let state = new Float32Array(MEMBERS * slots.length * STRIDE);
  hypers.forEach((hyper, m) => {
    usedSlots(optimizer, hyper).forEach(({ fill = 0 }, s) => {
      state.fill(fill, (m * slots.length + s) * STRIDE, (m * slots.length + s + 1) * STRIDE);
    });
  });
  const after: Float32Array[] = [];
  for (let t = 1; t <= STEPS; t++) {
    const grads = new Float32Array(MEMBERS * STRIDE);
    for (const [m, steps] of gradients.entries()) grads.set(steps[t - 1] as Float64Array, m * STRIDE);
    const step = stepOf(1, { members: MEMBERS, slot: t - 1 });
    const results = await runDispatch(gpu, dispatch, step, {
      params,
      grads,
      hypers: table,
      ...(slots.length > 0 && { state }),
    });
    params = new Float32Array(results.params as ArrayBuffer);
    if (results.state) state = new Float32Array(results.state);
    after.push(params);
  }
  const part = (array: Float32Array, index: number) => array.slice(index * STRIDE, index * STRIDE + COUNT);
  return hypers.map((_, m) => ({
    params: after.map((step) => part(step, m)),
    state: Object.fromEntries(slots.map(({ name }, s) => [name, part(state, m * slots.length + s)])),
  }));
}

describe("a population with different hyper-parameters, one member stopped", () => {
  // The last setting, which has the most parts; all its numbers change, but none to 0, which could change the kernel.
  test.each(optimizers)("$name", async (optimizer) => {
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
        expect(population[m]).toEqual(alone);
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
