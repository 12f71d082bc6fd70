import { describe, expect, test } from "vitest";
import { encodeStruct } from "../../src/gpu/uniforms.ts";
import { layOut, readTensor } from "../../src/nn/tensors.ts";
import { extraStart } from "../../src/optim/extraStart.ts";
import type { Hyper, Optimizer } from "../../src/optim/optimizer.ts";
import { findOptimizer } from "../../src/optim/registry.ts";
import { runTrajectory } from "../../src/optim/trajectory.ts";
import {
  extraArena,
  hyperLayout,
  stageBuffers,
  stagesOf,
  updateKernel,
  updateStructure,
} from "../../src/optim/update.ts";
import { expectClose } from "../reference/close.ts";
import { eigenvalues, type Matrix, multiply, transpose } from "../reference/optimizers/matrices.ts";
import { trajectory } from "../reference/optimizers.ts";
import { uniform } from "../reference/random.ts";
import { syntheticDataset } from "../support/dataset.ts";
import { runDispatch, stepOf, useGpu } from "../support/gpu.ts";
import { expectSameBits, startSession } from "../support/session.ts";

const gpuOf = useGpu();
const soap = findOptimizer("soap") as Optimizer;

type Shapes = Readonly<Record<string, readonly number[]>>;

const countOf = (shapes: Shapes) =>
  Object.values(shapes).reduce((sum, shape) => sum + shape.reduce((product, side) => product * side, 1), 0);

const square = (values: ArrayLike<number>): Matrix => {
  const size = Math.sqrt(values.length);
  return Array.from({ length: size }, (_, i) =>
    Float64Array.from({ length: size }, (_, j) => values[i * size + j] as number),
  );
};

/** max |Q Q^T - I| */
function distanceFromOrthogonal(q: Matrix): number {
  const elements = multiply(q, transpose(q)).flatMap((row, i) =>
    [...row].map((value, j) => Math.abs(value - (i === j ? 1 : 0))),
  );
  return Math.max(...elements);
}

const run = async (given: Hyper, shapes: Shapes, start: Float64Array, gradients: readonly Float64Array[]) =>
  runTrajectory(
    await gpuOf(),
    soap,
    soap.hyper.parse(given),
    start,
    gradients.length,
    (_, t) => gradients[t - 1] as Float64Array,
    shapes,
  );

// Sides below and above a tile of 32, with pads and without, standing, lying and longer than what is preconditioned.
const SHAPES = { standing: [37, 10], bias: [5], lying: [6, 45], long: [9, 70], column: [6, 1], row: [1, 5] };
const LONGEST = 64;
const COUNT = countOf(SHAPES);

/** Gradients of which one has a dead unit (a row of zeros) and one step has none at all. */
const gradientsOf = (steps: number) =>
  Array.from({ length: steps }, (_, t) =>
    uniform(COUNT, 10 + t).map((g, i) => (t === 3 || (i >= 20 && i < 30) ? 0 : g)),
  );

test("matrices of all kinds in f64, through three refreshes", async () => {
  const hyper = { lr: 0.01, precondition_frequency: 5, max_precondition_dim: LONGEST };
  const [start, gradients] = [uniform(COUNT, 1), gradientsOf(12)];
  const { params, state } = await run(hyper, SHAPES, start, gradients);
  const expected = trajectory("soap", soap.hyper.parse(hyper), start, gradients, SHAPES);
  expect(Object.keys(state)).toEqual(Object.keys(expected.state));
  expect(Object.keys(state)).not.toContain("Q_R.long");
  // What QR leaves of a vector with a small eigenvalue has f32's rounding of the greatest one, 1000 times as large here, and
  // a basis turned so far still takes a step of the same length, a hundredth of it another way.
  const boundOf = (name: string) => ({ absolute: (name.startsWith("Q_") ? 5000 : 500) * 2 ** -24, relative: 1e-5 });
  expected.after.forEach((values, t) => {
    expectClose(params[t] ?? [], values, boundOf("params"), `params after ${t + 1}`);
  });
  for (const [name, values] of Object.entries(expected.state))
    expectClose(state[name] ?? [], values, boundOf(name), name);
});

describe("the eigenvectors", () => {
  test("stay orthogonal through 71 refreshes of gradients of any size and rank", async () => {
    // Directions of their own in each step, of sizes 1, 0.1 and 0.01: what is left of L Q falls by 100 from one to the next.
    // The last step is a million times as large as those before, so that it alone makes L and R.
    const gradients = Array.from({ length: 71 }, (_, t) => {
      const size = [1e-12, 1, 1e-3, 1e3][Math.floor(t / 10) % 4] as number;
      const ranks = [1, 0.1, 0.01].map(
        (share, k) => [share, uniform(20, 9 * t + k), uniform(33, 999 + 9 * t + k)] as const,
      );
      // Units 3 and 4 are dead, and inputs 5 to 8.
      const at = (i: number, j: number) =>
        i === 3 || i === 4 || (j > 4 && j < 9)
          ? 0
          : ranks.reduce((sum, [share, u, v]) => sum + share * (u[i] as number) * (v[j] as number), 0);
      return Float64Array.from({ length: 660 }, (_, k) => size * at(Math.floor(k / 33), k % 33));
    });
    const hyper = { precondition_frequency: 1 };
    const { params, state } = await run(hyper, { weight: [20, 33] }, new Float64Array(660), gradients);
    for (const name of ["Q_L.weight", "Q_R.weight"]) {
      expect(distanceFromOrthogonal(square(state[name] ?? [])), name).toBeLessThan(1e-6);
    }
    expect(params.at(-1)?.every(Number.isFinite)).toBe(true);
  });

  test("are those of L and R, where these stay the same", async () => {
    const gradient = uniform(240, 5);
    const { state } = await run(
      { precondition_frequency: 1 },
      { weight: [12, 20] },
      gradient,
      Array(60).fill(gradient),
    );
    for (const [gram, basis] of [
      ["L", "Q_L"],
      ["R", "Q_R"],
    ]) {
      const P = square(state[`${gram}.weight`] ?? []);
      const Q = square(state[`${basis}.weight`] ?? []);
      const found = multiply(multiply(Q, P), transpose(Q));
      const greatest = Math.max(...found.map((row, i) => row[i] as number));
      const apart = found.flatMap((row, i) => [...row].filter((_, j) => j !== i).map(Math.abs));
      expect(Math.max(...apart), basis).toBeLessThan(1e-3 * greatest);
      const sorted = (values: readonly number[]) => [...values].sort((a, b) => b - a);
      const values = found.map((row, i) => row[i] as number);
      expectClose(sorted(values), sorted(eigenvalues(P)), { absolute: 1e-4 * greatest }, `${gram}'s eigenvalues`);
    }
  });

  test("are the identity where no gradient has come yet", async () => {
    const { params, state } = await run({ precondition_frequency: 1 }, { weight: [5, 6] }, uniform(30, 1), [
      new Float64Array(30),
      new Float64Array(30),
    ]);
    for (const name of ["Q_L.weight", "Q_R.weight"]) {
      for (const [i, row] of square(state[name] ?? []).entries()) {
        expect([...row].map((value) => Math.abs(value))).toEqual([...row].map((_, j) => (i === j ? 1 : 0)));
      }
    }
    expect(params[0]).toEqual(Float32Array.from(uniform(30, 1)));
  });
});

test("the first step makes the preconditioners and moves nothing", async () => {
  const [start, gradient] = [uniform(COUNT, 1), uniform(COUNT, 2)];
  const { params, state } = await run({ lr: 1, weight_decay: 1 }, SHAPES, start, [gradient]);
  expect(params[0]).toEqual(Float32Array.from(start));
  expect(state.exp_avg?.every((value) => value === 0) && state.exp_avg_sq?.every((value) => value === 0)).toBe(true);
  const own = Array.from({ length: 37 }, (_, i) => gradient.subarray(10 * i, 10 * i + 10));
  const expected = multiply(own, transpose(own)).flatMap((row) => [...row].map((value) => 0.05 * value));
  expectClose(state["L.standing"] ?? [], expected, { absolute: 1e-6 }, "L");
  expect(distanceFromOrthogonal(square(state["Q_R.standing"] ?? []))).toBeLessThan(1e-6);
});

/** What a step dispatches, over `members` with these rows, from gradients and state that are never 0. */
async function oneStep(members: readonly { enabled: number; t: number; given?: Hyper }[], quadsPerThread: number) {
  const hyper = soap.hyper.parse({ max_precondition_dim: LONGEST });
  const arena = layOut(SHAPES);
  const [P, { stride }] = [members.length, arena];
  const site = { arena, members: P, groups: 1, quadsPerThread };
  const layout = hyperLayout(updateKernel(soap, hyper));
  const extra = extraArena(soap, hyper, arena).stride;
  const hypers = new Uint8Array(P * layout.size);
  const grads = new Float32Array(P * stride);
  const extras = new Float32Array(P * extra);
  members.forEach(({ enabled, t, given }, m) => {
    const row = { enabled, hyper: soap.step({ ...hyper, ...given }, t) };
    hypers.set(new Uint8Array(encodeStruct(layout, row)), m * layout.size);
    for (const tensor of arena.tensors) {
      for (let row = 0; row < tensor.rows; row++) {
        grads.set(uniform(tensor.columns, 7 + row), m * stride + tensor.offset + row * tensor.rowStride);
      }
    }
    extras.set(extraStart(soap, hyper, arena), m * extra);
  });
  const buffers = Object.entries(stageBuffers(soap, hyper, site)).map(([name, { bytes, values }]) => {
    return [name, values ? Uint32Array.from(values) : new Uint32Array(bytes / 4)] as const;
  });
  const arrays = { params: new Float32Array(P * stride), state: new Float32Array(2 * P * stride), extra: extras };
  const given = { ...arrays, grads, hypers, ...Object.fromEntries(buffers) };
  const results = await runDispatch(await gpuOf(), stagesOf(soap, hyper, site), stepOf(1, { members: P }), given);
  const after = Object.fromEntries(
    Object.keys(arrays).map((name) => [name, new Float32Array(results[name] as ArrayBuffer)]),
  );
  return { before: arrays, after: after as typeof arrays };
}

test("however many blocks a thread takes, the bits are the same", async () => {
  const one = await oneStep([{ enabled: 1, t: 11 }], 1);
  expect(one.after.params).not.toEqual(one.before.params);
  expect((await oneStep([{ enabled: 1, t: 11 }], 4)).after).toEqual(one.after);
});

test("members each have the bits of a solo run, and one that has stopped keeps all it has", async () => {
  const given = { lr: 0.1, beta1: 0.8, shampoo_beta: 0.5, precondition_frequency: 4 };
  const members = [
    { enabled: 0, t: 11 },
    { enabled: 1, t: 11 },
    { enabled: 1, t: 12, given },
  ];
  const { before, after } = await oneStep(members, 1);
  const alone = await Promise.all(members.map((member) => oneStep([member], 1)));
  for (const name of ["params", "state", "extra"] as const) {
    const part = before[name].length / 3;
    expectSameBits(
      after[name].subarray(0, part),
      before[name].subarray(0, part),
      `${name} of the one that has stopped`,
    );
    for (const m of [1, 2]) {
      const own = alone[m]?.after[name] as Float32Array;
      expectSameBits(after[name].subarray(m * part, (m + 1) * part), own, `${name} of member ${m}`);
      expect(own).not.toEqual(before[name].subarray(0, part));
    }
  }
  const tensors = extraArena(soap, soap.hyper.parse({ max_precondition_dim: LONGEST }), layOut(SHAPES)).tensors;
  const basis = tensors.find(({ name }) => name === "Q_L.standing") as (typeof tensors)[number];
  const [refreshed, kept] = [1, 2].map((m) => readTensor(after.extra.subarray((m * after.extra.length) / 3), basis));
  expect(kept).toEqual(readTensor(before.extra, basis));
  expect(refreshed).not.toEqual(kept);
});

test("every member of a session starts from the identity", async () => {
  const dataset = syntheticDataset({ train: 20, test: 10, width: 5, height: 3 });
  const recipe = { hidden: [6], batch_size: 20, steps: 2, optimizer: { name: "soap" }, population: 2 };
  const session = await startSession(await gpuOf(), recipe, dataset);
  const member = extraStart(soap, soap.hyper.parse({}), session.plan.model.arena);
  expect(member.reduce((sum, value) => sum + value)).toBe(15 + 6 + 6 + 10);
  expect(await session.read("extra")).toEqual(Float32Array.from([...member, ...member]));
  session.destroy();
});

test("which sides are preconditioned changes the kernels' plan: members of a population cannot differ in it", () => {
  const structure = (given: Hyper) => updateStructure(soap, soap.hyper.parse(given));
  expect(structure({ max_precondition_dim: 128 })).not.toBe(structure({}));
  expect(structure({ lr: 1, precondition_frequency: 3, shampoo_beta: 0.5 })).toBe(structure({}));
});

test("comes down a valley that lies across the axes, where adam does not", async () => {
  // |A (X - T) B|^2 / 2 with A and B of eigenvalues from 1 to 30 whose eigenvectors are no axes.
  const turned = (size: number, seed: number): Matrix => {
    const values = uniform(size * size, seed);
    const symmetric = Array.from({ length: size }, (_, i) =>
      Float64Array.from(
        { length: size },
        (_, j) => (values[i * size + j] as number) + (values[j * size + i] as number),
      ),
    );
    return multiply(symmetric, symmetric).map((row, i) => row.map((value, j) => value + (i === j ? 0.1 : 0)));
  };
  const [rows, columns] = [8, 12];
  const [A, B] = [turned(rows, 1), turned(columns, 2)];
  const target = uniform(rows * columns, 3);
  const apart = (x: ArrayLike<number>): Matrix =>
    Array.from({ length: rows }, (_, i) =>
      Float64Array.from(
        { length: columns },
        (_, j) => (x[i * columns + j] as number) - (target[i * columns + j] as number),
      ),
    );
  const gradient = (x: Float32Array) =>
    Float64Array.from(multiply(multiply(A, apart(x)), B).flatMap((row) => [...row]));
  const value = (x: ArrayLike<number>) => {
    const d = apart(x);
    const g = multiply(multiply(A, d), B);
    return d.reduce((sum, row, i) => sum + row.reduce((own, e, j) => own + e * (g[i]?.[j] as number), 0), 0) / 2;
  };
  const left = async (name: string, lr: number) => {
    const optimizer = findOptimizer(name) as Optimizer;
    const hyper = optimizer.hyper.parse({
      lr,
      beta1: 0.9,
      ...(name === "soap" && { weight_decay: 0, precondition_frequency: 5 }),
    });
    const { params } = await runTrajectory(await gpuOf(), optimizer, hyper, new Float64Array(96), 100, gradient, {
      weight: [rows, columns],
    });
    return value(params.at(-1) ?? []) / value(new Float64Array(96));
  };
  const rates = [0.03, 0.1];
  const adam: number[] = [];
  for (const lr of rates) adam.push(await left("adam", lr));
  const rotated: number[] = [];
  for (const lr of rates) rotated.push(await left("soap", lr));
  expect(Math.min(...rotated)).toBeLessThan(0.3 * Math.min(...adam));
});
