import { expect, test } from "vitest";
import { chooseTiling } from "../../src/gpu/tiling.ts";
import { mlp } from "../../src/nn/mlp.ts";
import { classifierTail } from "../../src/nn/tail.ts";
import { writeTensor } from "../../src/nn/tensors.ts";
import { activationBackward } from "../reference/activation.ts";
import { expectClose, expectCloseToScale } from "../reference/close.ts";
import { denseBackwardInput, denseForward } from "../reference/dense.ts";
import { integers, permutation, uniform } from "../reference/random.ts";
import { softmaxCrossEntropy } from "../reference/softmaxCrossEntropy.ts";
import { concat, padRows, runDispatch, stepOf, unpadRows, useGpu } from "../support/gpu.ts";
import { expectSameBits } from "../support/session.ts";

const gpuOf = useGpu();

// A probability errs by 1e-6 (exp of WGSL, and the rounding of logits of some ten); dx is a sum of such.
const PROBABILITY_BOUND = 3e-6;
const GRADIENT_BOUND = 1e-5;
const LOSS_BOUND = { absolute: 1e-6, relative: 3e-6 };
const SPARE_ROWS = 5;
/** What the metrics hold before: a first chunk must overwrite it. */
const OLD_LOSS = 1000;

/**
 * Runs the tail of this adapter over random members; undefined where it has none for that many classes.
 * @param first the number of the first member, which its data is keyed on
 */
async function run(rows: number, inputs: number, classes: number, members: number, first = 0, isFirst = true) {
  const gpu = await gpuOf();
  const tiling = chooseTiling(gpu);
  const chosen = tiling.tail?.({ k: inputs, n: classes, rows, input: "f32", accumulates: false });
  if (!chosen) return undefined;
  const { layers, arena } = mlp([3, inputs, classes], "relu");
  const [previous, layer] = layers as unknown as [(typeof layers)[0], (typeof layers)[0]];
  const capacity = rows + SPARE_ROWS;
  const each = Array.from({ length: members }, (_, m) => ({
    x: uniform(rows * inputs, 10 * (first + m) + 1).map((v) => Math.max(0, v)),
    weight: uniform(classes * inputs, 10 * (first + m) + 2),
    bias: uniform(classes, 10 * (first + m) + 3),
    labels: integers(rows, 10 * (first + m) + 4, classes),
  }));
  const params = each.map(({ weight, bias }) => {
    const part = new Float32Array(arena.stride);
    writeTensor(part, layer.weight, Float32Array.from(weight));
    writeTensor(part, layer.bias, Float32Array.from(bias));
    return part;
  });
  // Each member's samples lie in an order of its own.
  const places = each.map((_, m) => permutation(rows, first + m));
  const labels = new Uint8Array(members * rows);
  const order = Uint32Array.from({ length: members * rows }, (_, i) => {
    const m = Math.floor(i / rows);
    const sample = m * rows + (places[m]?.[i % rows] as number);
    labels[sample] = each[m]?.labels[i % rows] as number;
    return sample;
  });
  const tiles = chosen.workgroups[1] + 1; // one more than it fills
  const context = { tiling, members, capacity, rows, stride: arena.stride, accumulates: false };
  const names = { x: "x", dx: "dx", dz: "dz", labels: "labels", order: "order" };
  const words = (columns: number) => members * capacity * Math.ceil(columns / 4) * 4;
  const old = new Float32Array(2 * members * tiles);
  for (let i = 0; i < old.length; i += 2) old[i] = OLD_LOSS;
  const step = stepOf(rows, { members, order_stride: rows, inv_batch: 1 / rows, first: isFirst ? 1 : 0 });
  const results = await runDispatch(gpu, classifierTail(chosen, layer, previous, names, context, tiles), step, {
    x: concat(each.map(({ x }) => padRows(x, rows, inputs, capacity, Number.NaN))),
    params: concat(params),
    labels,
    order,
    dz: new Float32Array(words(classes)).fill(7),
    dx: new Float32Array(words(inputs)).fill(7),
    metrics: old,
  });
  const partOf = (name: string, m: number, columns: number) => {
    const size = words(columns) / members;
    const part = new Float32Array(results[name] as ArrayBuffer).subarray(m * size, (m + 1) * size);
    expect(part.subarray((size * rows) / capacity).every((value) => value === 7)).toBe(true); // spare rows
    return unpadRows(part, rows, columns);
  };
  const metrics = new DataView(results.metrics as ArrayBuffer);
  return each.map((member, m) => {
    const entries = Array.from({ length: tiles }, (_, tile) => {
      const at = 8 * (m * tiles + tile);
      return { loss: metrics.getFloat32(at, true), hits: metrics.getUint32(at + 4, true) };
    });
    expect(entries.pop()).toEqual({ loss: OLD_LOSS, hits: 0 });
    const loss = entries.reduce((sum, entry) => sum + entry.loss, isFirst ? 0 : -OLD_LOSS * entries.length);
    const hits = entries.reduce((sum, entry) => sum + entry.hits, 0);
    return { member, dz: partOf("dz", m, classes), dx: partOf("dx", m, inputs), loss, hits };
  });
}

test.each([
  [1, 5, 2, 1],
  [9, 64, 10, 3],
  [100, 64, 10, 1],
  [101, 63, 16, 3],
  [23, 18, 13, 1],
])("%i rows, %i inputs, %i classes, %i members", async (rows, inputs, classes, members) => {
  const results = await run(rows, inputs, classes, members);
  if (!results) return expect(chooseTiling(await gpuOf()).name).not.toContain("subgroup");
  for (const [m, { member, dz, dx, loss, hits }] of results.entries()) {
    const { x, weight, bias, labels } = member;
    const shape = { rows, inputs, outputs: classes };
    const expected = softmaxCrossEntropy(denseForward(x, weight, bias, shape), labels, classes);
    expectClose(dz.values, expected.dlogits, { absolute: PROBABILITY_BOUND / rows }, `dz of member ${m}`);
    expect(dz.padsAreZero).toBe(true);
    const expectedDx = activationBackward("relu", denseBackwardInput(expected.dlogits, weight, shape), x);
    expectCloseToScale(dx.values, expectedDx, GRADIENT_BOUND, `dx of member ${m}`);
    expect(dx.padsAreZero).toBe(true);
    expectClose([loss], [expected.mean], LOSS_BOUND, `loss of member ${m}`);
    expect(hits).toBe(expected.hits);
  }
});

test("a later chunk of a step adds to the metrics", async () => {
  const [first, later] = [await run(30, 8, 10, 1), await run(30, 8, 10, 1, 0, false)];
  // The old losses of 1000 take the last digits.
  if (first && later) expect(later[0]?.loss).toBeCloseTo(first[0]?.loss as number, 2);
  expect(later?.[0]?.hits).toBe(first?.[0]?.hits);
});

test("a member has the bits of its solo run", async () => {
  const together = await run(25, 33, 10, 3);
  const alone = await run(25, 33, 10, 1, 2);
  for (const name of ["dz", "dx"] as const) {
    if (together && alone)
      expectSameBits(together[2]?.[name].values as Float32Array, alone[0]?.[name].values as Float32Array, name);
  }
  expect(together?.[2]?.loss).toBe(alone?.[0]?.loss);
});
