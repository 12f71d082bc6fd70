import { describe, expect, test } from "vitest";
import { layOut } from "../../src/nn/tensors.ts";
import { matrixBuffers, matrixTable, newtonSchulz, ORTHOGONALISED } from "../../src/optim/newtonSchulz.ts";
import type { Optimizer } from "../../src/optim/optimizer.ts";
import { findOptimizer } from "../../src/optim/registry.ts";
import { runTrajectory } from "../../src/optim/trajectory.ts";
import { updateStructure } from "../../src/optim/update.ts";
import type { RecipeInput } from "../../src/train/recipe.ts";
import { expectClose } from "../reference/close.ts";
import {
  eigenvalues,
  newtonSchulz as inDoubles,
  type Matrix,
  multiply,
  transpose,
} from "../reference/optimizers/matrices.ts";
import { uniform } from "../reference/random.ts";
import { syntheticDataset } from "../support/dataset.ts";
import { runDispatch, stepOf, useGpu } from "../support/gpu.ts";
import { expectSameBits, startSession, trainSteps } from "../support/session.ts";

const gpuOf = useGpu();
const muon = findOptimizer("muon") as Optimizer;

const byRows = (values: ArrayLike<number>, columns: number): Matrix =>
  Array.from({ length: values.length / columns }, (_, i) =>
    Float64Array.from({ length: columns }, (_, j) => values[i * columns + j] as number),
  );

/** What one step from 0 at a rate of 1 goes, without momentum: the gradient made orthogonal, tensor by tensor. */
async function orthogonalised(shapes: Readonly<Record<string, readonly [number, number]>>, gradient: Float64Array) {
  const hyper = muon.hyper.parse({ lr: 1, momentum: 0, output_layer: true });
  const start = new Float64Array(gradient.length);
  const { params } = await runTrajectory(await gpuOf(), muon, hyper, start, 1, () => gradient, shapes);
  return (params[0] as Float32Array).map((value) => -value);
}

// Sides below, at and above a tile of 32, with pads and without, lying, standing and square, all in one dispatch.
const SHAPES = {
  lying: [20, 45],
  standing: [70, 33],
  square: [32, 32],
  row: [1, 5],
  column: [6, 1],
  large: [64, 100],
} as const;

describe("Newton-Schulz", () => {
  const count = Object.values(SHAPES).reduce((sum, [rows, columns]) => sum + rows * columns, 0);
  const gradient = uniform(count, 3, 2);
  let at = 0;
  const ranges = Object.entries(SHAPES).map(([name, [rows, columns]]) => {
    const range = { name, rows, columns, begin: at, end: at + rows * columns };
    at = range.end;
    return range;
  });

  test.each(ranges)("$name: the iterations in f64, scaled", async ({ rows, columns, begin, end }) => {
    const step = (await orthogonalised(SHAPES, gradient)).slice(begin, end);
    const scale = Math.sqrt(Math.max(1, rows / columns));
    const expected = inDoubles(byRows(gradient.subarray(begin, end), columns)).flatMap((row) => [...row]);
    // An iteration takes a small singular value 3.4 times as far, and what f32 rounded with it: 500 times after five.
    const bound = { absolute: 500 * scale * 2 ** -24 };
    expectClose(
      step,
      expected.map((value) => scale * value),
      bound,
      "step",
    );
  });

  test.each(ranges)("$name: singular values near 1", async ({ rows, columns, begin, end }) => {
    const scale = Math.sqrt(Math.max(1, rows / columns));
    const step = byRows((await orthogonalised(SHAPES, gradient)).slice(begin, end), columns);
    const wide = rows > columns ? transpose(step) : step;
    const values = eigenvalues(multiply(wide, transpose(wide))).map((value) => Math.sqrt(Math.max(0, value)) / scale);
    // What is below 1/500 of the norm has not come all the way after five iterations: a square matrix has such a value.
    expect(values.filter((value) => value > 0.65 && value < 1.25).length).toBeGreaterThanOrEqual(values.length - 2);
    expect(Math.max(...values)).toBeLessThan(1.25);
  });

  test("other matrices beside it change no bit", async () => {
    const whole = await orthogonalised(SHAPES, gradient);
    for (const { name, rows, columns, begin, end } of ranges) {
      const alone = await orthogonalised({ [name]: [rows, columns] }, gradient.slice(begin, end));
      expect(alone).toEqual(whole.slice(begin, end));
    }
  });
});

test("however many blocks a thread takes, the bits are the same", async () => {
  const site = (quadsPerThread: number) => ({ arena: layOut(SHAPES), members: 2, groups: 1, quadsPerThread });
  const table = matrixTable(site(1), () => true);
  const buffers = Object.entries(matrixBuffers(site(1), table)).map(([name, { bytes, values }]) => {
    return [name, values ? Uint32Array.from(values) : new Float32Array(bytes / 4)] as const;
  });
  const x_even = Float32Array.from(uniform(2 * table.wide, 7, 0.02));
  const run = async (quadsPerThread: number) => {
    const dispatches = newtonSchulz(site(quadsPerThread), table);
    const arrays = { ...Object.fromEntries(buffers), x_even };
    const results = await runDispatch(await gpuOf(), dispatches, stepOf(1), arrays);
    return new Float32Array(results[ORTHOGONALISED] as ArrayBuffer);
  };
  const one = await run(1);
  expect(Math.max(...one)).toBeGreaterThan(0.1);
  expect(await run(4)).toEqual(one);
});

test("members with other hyper-parameters have the bits of solo runs", async () => {
  const gpu = await gpuOf();
  const dataset = syntheticDataset({ train: 60, test: 10, width: 5, height: 5 });
  const base = { hidden: [10, 7], batch_size: 20, steps: 5, seed: 3 } satisfies RecipeInput;
  const paramsOf = async (recipe: RecipeInput) => {
    const session = await startSession(gpu, { ...base, ...recipe }, dataset);
    await trainSteps(session, 0, base.steps);
    const params = await session.read("params");
    session.destroy();
    return new Float32Array(params);
  };
  for (const [key, values] of Object.entries({ momentum: [0.5, 0.95], lr: [0.01, 0.05], adamw_lr: [1e-3, 0.01] })) {
    const crowd = await paramsOf({ optimizer: { name: "muon" }, vary: { key, values } });
    const alone = await Promise.all(values.map((value) => paramsOf({ optimizer: { name: "muon", [key]: value } })));
    const part = crowd.length / 2;
    alone.forEach((params, m) => {
      expectSameBits(crowd.slice(m * part, (m + 1) * part), params, `${key}, member ${m}`);
    });
    expect(alone[0]).not.toEqual(alone[1]);
  }
});

test("comes to the nearest matrix, up to steps of its rate", async () => {
  const shapes = { weight: [9, 6], last: [2, 6] } as const;
  const target = uniform(66, 5);
  const distance = (x: ArrayLike<number>) => Math.hypot(...target.map((value, i) => (x[i] as number) - value));
  const start = new Float64Array(66);
  const hyper = muon.hyper.parse({ adamw_lr: 0.02 });
  const gradient = (x: Float32Array) => target.map((value, i) => (x[i] as number) - value);
  const { params } = await runTrajectory(await gpuOf(), muon, hyper, start, 200, gradient, shapes);
  expect(distance(params.at(-1) ?? [])).toBeLessThan(0.05 * distance(start));
});

test("which layers are taken changes the kernels' plan: members of a population cannot differ in it", () => {
  const layers = [true, false].flatMap((input_layer) =>
    [true, false].map((output_layer) => ({ input_layer, output_layer })),
  );
  const structures = layers.map((given) => updateStructure(muon, muon.hyper.parse(given)));
  expect(new Set(structures).size).toBe(4);
  expect(updateStructure(muon, muon.hyper.parse({ lr: 1, adamw_lr: 1 }))).toBe(
    updateStructure(muon, muon.hyper.parse({})),
  );
});
