import { expect, test } from "vitest";
import type { Gpu } from "../../src/gpu/device.ts";
import { chooseTiling, plainTiling, type Tiling } from "../../src/gpu/tiling.ts";
import { workgroupTilings } from "../../src/gpu/workgroupTiling.ts";
import {
  type DenseInput,
  type DenseLayer,
  denseBackwardInput,
  denseBackwardWeights,
  denseForward,
} from "../../src/nn/dense.ts";
import { mlp } from "../../src/nn/mlp.ts";
import { readTensor, writeTensor } from "../../src/nn/tensors.ts";
import { activationBackward } from "../reference/activation.ts";
import { expectCloseToScale } from "../reference/close.ts";
import * as reference from "../reference/dense.ts";
import { integers, uniform } from "../reference/random.ts";
import { concat, padRows, runDispatch, stepOf, unpadRows, useGpu } from "../support/gpu.ts";
import { expectSameBits } from "../support/session.ts";

const gpuOf = useGpu();

// Sums of up to 784 products in f32, in whatever order a kernel takes: their rounding stays below 2e-6 of the largest.
const BOUND = 2e-6;

/**
 * Sizes around the edges of tiles: [rows, inputs, outputs, members, families]. One size for each family for GPUs, since a
 * software adapter takes a second to compile a kernel with barriers.
 */
const SIZES = [
  [1, 1, 1, 1, "default"],
  [1, 784, 128, 1, "default"],
  [63, 64, 65, 3, "default"],
  [64, 65, 63, 1, "default"],
  [65, 63, 64, 3, "default"],
  [100, 784, 128, 1, "default"],
  [100, 257, 10, 3, "default"],
  [257, 10, 100, 1, "default"],
  [23, 70, 37, 3, "workgroup-10x16"],
  [1, 130, 18, 1, "workgroup-20x16"],
  [21, 65, 35, 3, "workgroup-20x32"],
  [53, 37, 66, 1, "workgroup-50x64"],
  [103, 18, 67, 3, "workgroup-100x64"],
] as const;

/** Rows of the buffers beyond the batch, which nothing may read as data. */
const SPARE_ROWS = 5;

/** The family of that name; `default`: the portable kernels, and those that this adapter gets. */
function tilingsOf(gpu: Gpu, families: string): readonly Tiling[] {
  if (families === "default") return [...new Set([plainTiling, chooseTiling(gpu)])];
  const found = workgroupTilings(gpu.device.limits).filter(({ name }) => name === families);
  expect(found).toHaveLength(1);
  return found;
}

/** @param first the number of the first member, which its data is keyed on */
function makeCase(rows: number, inputs: number, outputs: number, members: number, first = 0) {
  const { layers, arena } = mlp([inputs, outputs], "relu");
  const layer = { ...(layers[0] as DenseLayer), activation: "relu" };
  const capacity = rows + SPARE_ROWS;
  const each = Array.from({ length: members }, (_, m) => ({
    x: uniform(rows * inputs, 10 * (first + m) + 1).map((v) => Math.max(0, v)),
    weight: uniform(outputs * inputs, 10 * (first + m) + 2),
    bias: uniform(outputs, 10 * (first + m) + 3),
    dy: uniform(rows * outputs, 10 * (first + m) + 4),
  }));
  const params = concat(
    each.map(({ weight, bias }) => {
      const part = new Float32Array(arena.stride);
      writeTensor(part, layer.weight, Float32Array.from(weight));
      writeTensor(part, layer.bias, Float32Array.from(bias));
      return part;
    }),
  );
  const activations = (pick: (member: (typeof each)[number]) => Float64Array, columns: number) =>
    concat(each.map((member) => padRows(pick(member), rows, columns, capacity, Number.NaN)));
  return {
    layer,
    arena,
    capacity,
    each,
    params,
    shape: { rows, inputs, outputs },
    x: activations(({ x }) => x, inputs),
    dy: activations(({ dy }) => dy, outputs),
    empty: (columns: number) => new Float32Array(members * capacity * Math.ceil(columns / 4) * 4),
    context: (tiling: Tiling) => ({
      tiling,
      members,
      capacity,
      rows,
      stride: arena.stride,
      accumulates: true,
    }),
    step: stepOf(rows, { members }),
    partOf: (array: Float32Array, m: number, columns: number) => {
      const size = capacity * Math.ceil(columns / 4) * 4;
      return unpadRows(array.subarray(m * size, (m + 1) * size), rows, columns);
    },
  };
}

const F32_INPUT: DenseInput = { kind: "f32", x: "x" };

test.each(SIZES)(
  "forward: %i rows, %i inputs, %i outputs, %i members, %s",
  async (rows, inputs, outputs, members, families) => {
    const gpu = await gpuOf();
    const c = makeCase(rows, inputs, outputs, members);
    for (const tiling of tilingsOf(gpu, families)) {
      const dispatch = denseForward(c.layer, F32_INPUT, "y", c.context(tiling));
      const { y } = await runDispatch(gpu, dispatch, c.step, { x: c.x, params: c.params, y: c.empty(outputs) });
      c.each.forEach(({ x, weight, bias }, m) => {
        const { values, padsAreZero } = c.partOf(new Float32Array(y as ArrayBuffer), m, outputs);
        const expected = reference.denseForward(x, weight, bias, c.shape, "relu");
        expectCloseToScale(values, expected, BOUND, `${tiling.name} y of member ${m}`);
        expect(padsAreZero).toBe(true);
      });
    }
  },
);

test.each(SIZES)(
  "backward input: %i rows, %i inputs, %i outputs, %i members, %s",
  async (rows, inputs, outputs, members, families) => {
    const gpu = await gpuOf();
    const c = makeCase(rows, inputs, outputs, members);
    for (const tiling of tilingsOf(gpu, families)) {
      const dispatch = denseBackwardInput(c.layer, c.layer, { x: "x", dx: "dx", dy: "dy" }, c.context(tiling));
      const { dx } = await runDispatch(gpu, dispatch, c.step, {
        x: c.x,
        dy: c.dy,
        params: c.params,
        dx: c.empty(inputs),
      });
      c.each.forEach(({ x, weight, dy }, m) => {
        const { values, padsAreZero } = c.partOf(new Float32Array(dx as ArrayBuffer), m, inputs);
        const expected = activationBackward("relu", reference.denseBackwardInput(dy, weight, c.shape), x);
        expectCloseToScale(values, expected, BOUND, `${tiling.name} dx of member ${m}`);
        expect(padsAreZero).toBe(true);
      });
    }
  },
);

test.each(SIZES)(
  "backward weights: %i rows, %i inputs, %i outputs, %i members, %s",
  async (rows, inputs, outputs, members, families) => {
    const gpu = await gpuOf();
    const c = makeCase(rows, inputs, outputs, members);
    for (const tiling of tilingsOf(gpu, families)) {
      const dispatch = denseBackwardWeights(c.layer, F32_INPUT, "dy", c.context(tiling));
      const arrays = { x: c.x, dy: c.dy, grads: new Float32Array(members * c.arena.stride).fill(7) };
      const { grads: fresh } = await runDispatch(gpu, dispatch, c.step, arrays);
      // A later chunk of the same step adds to what is there.
      const kept = new Float32Array(fresh as ArrayBuffer);
      const later = await runDispatch(gpu, dispatch, { ...c.step, first: 0 }, { ...arrays, grads: kept });
      const twice = new Float32Array(later.grads as ArrayBuffer);
      c.each.forEach(({ x, dy }, m) => {
        const weight = reference.denseBackwardWeight(dy, x, c.shape);
        const bias = reference.denseBackwardBias(dy, c.shape);
        const part = (array: Float32Array) => array.subarray(m * c.arena.stride, (m + 1) * c.arena.stride);
        const what = `${tiling.name}, member ${m}`;
        expectCloseToScale(readTensor(part(kept), c.layer.weight), weight, BOUND, `dw, ${what}`);
        expectCloseToScale(readTensor(part(kept), c.layer.bias), bias, BOUND, `dbias, ${what}`);
        expectCloseToScale(
          readTensor(part(twice), c.layer.weight),
          weight.map((v) => 2 * v),
          BOUND,
          `2 dw, ${what}`,
        );
        expectCloseToScale(
          readTensor(part(twice), c.layer.bias),
          bias.map((v) => 2 * v),
          BOUND,
          `2 dbias, ${what}`,
        );
        const { rowStride, offset, columns } = c.layer.weight;
        for (let n = 0; n < outputs; n++) {
          const pads = part(kept).subarray(offset + n * rowStride + columns, offset + (n + 1) * rowStride);
          expect([...pads].every((value) => value === 0)).toBe(true);
        }
      });
    }
  },
);

// The default families' members are compared in whole runs, in test/train/population.gpu.test.ts.
test.each(SIZES.filter(([, , , members, families]) => members > 1 && families !== "default"))(
  "a member has the bits it has alone: %i rows, %i inputs, %i outputs, %i members, %s",
  async (rows, inputs, outputs, members, families) => {
    const gpu = await gpuOf();
    for (const tiling of tilingsOf(gpu, families)) {
      const runs = [makeCase(rows, inputs, outputs, members), makeCase(rows, inputs, outputs, 1, members - 1)].map(
        (c) => {
          const context = { ...c.context(tiling), members: c.each.length };
          const dispatches = [
            denseForward(c.layer, F32_INPUT, "y", context),
            denseBackwardInput(c.layer, c.layer, { x: "x", dx: "dx", dy: "dy" }, context),
            denseBackwardWeights(c.layer, F32_INPUT, "dy", context),
          ];
          const results = { y: c.empty(outputs), dx: c.empty(inputs), grads: new Float32Array(c.params.length) };
          return runDispatch(gpu, dispatches, c.step, { x: c.x, dy: c.dy, params: c.params, ...results });
        },
      );
      const [crowd, alone] = await Promise.all(runs);
      for (const name of ["y", "dx", "grads"]) {
        const expected = new Float32Array(alone?.[name] as ArrayBuffer);
        expectSameBits(new Float32Array(crowd?.[name] as ArrayBuffer).slice(-expected.length), expected, name);
      }
    }
  },
);

test.each([
  [100, 784, 128, "default"],
  [7, 64, 10, "default"],
  [7, 64, 10, "workgroup-20x32"],
])("bytes gathered in the load: %i rows of %i, %i outputs, %s", async (rows, inputs, outputs, families) => {
  const gpu = await gpuOf();
  const c = makeCase(rows, inputs, outputs, 1);
  const samples = 30;
  const images = Uint8Array.from(integers(samples * inputs, 5, 256));
  const order = integers(rows + 3, 6, samples);
  const [scale, shift] = [2 / 255, -1];
  const x = Float64Array.from({ length: rows * inputs }, (_, i) => {
    const sample = order[3 + Math.floor(i / inputs)] as number;
    return (images[sample * inputs + (i % inputs)] as number) * scale + shift;
  });
  const { weight, bias, dy } = c.each[0] as (typeof c.each)[number];
  const input: DenseInput = { kind: "u8", images: "images", order: "order", scale, shift };
  const step = { ...c.step, first_row: 3 };
  for (const tiling of tilingsOf(gpu, families)) {
    const forward = denseForward(c.layer, input, "y", c.context(tiling));
    const { y } = await runDispatch(gpu, forward, step, { images, order, params: c.params, y: c.empty(outputs) });
    const { values } = c.partOf(new Float32Array(y as ArrayBuffer), 0, outputs);
    expectCloseToScale(values, reference.denseForward(x, weight, bias, c.shape, "relu"), BOUND, `${tiling.name} y`);

    const backward = denseBackwardWeights(c.layer, input, "dy", c.context(tiling));
    const grads = new Float32Array(c.arena.stride);
    const result = await runDispatch(gpu, backward, step, { images, order, dy: c.dy, grads });
    const dw = readTensor(new Float32Array(result.grads as ArrayBuffer), c.layer.weight);
    expectCloseToScale(dw, reference.denseBackwardWeight(dy, x, c.shape), BOUND, `${tiling.name} dw`);
  }
});
