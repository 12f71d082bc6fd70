import { test } from "vitest";
import { gatherDispatch } from "../../src/train/network.ts";
import { integers, uniform } from "../reference/random.ts";
import { runDispatch, stepOf, useGpu } from "../support/gpu.ts";
import { expectSameBits } from "../support/session.ts";

const gpuOf = useGpu();

const SAMPLES = 37;
const UNTOUCHED = -9;

test.each([
  { inputs: 1, rows: 3, capacity: 4, members: 2, firstRow: 0, orderStride: 8 },
  { inputs: 10, rows: 5, capacity: 8, members: 3, firstRow: 3, orderStride: 8 },
  { inputs: 64, rows: 5, capacity: 5, members: 1, firstRow: 0, orderStride: 0 },
  { inputs: 65, rows: 100, capacity: 100, members: 3, firstRow: 28, orderStride: 128 },
])("$rows rows of $inputs values, $members members", async (size) => {
  const { inputs, rows, capacity, members, firstRow, orderStride } = size;
  const stride = 4 * Math.ceil(inputs / 4);
  const features = Float32Array.from(uniform(SAMPLES * stride, 1), (value, i) => (i % stride < inputs ? value : 0));
  const order = integers(Math.max(orderStride * members, firstRow + rows), 2, SAMPLES);
  const dispatch = gatherDispatch("test", { inputs, features: "f32" }, { members, capacity, rows });
  const step = stepOf(rows, { members, first_row: firstRow, order_stride: orderStride });
  const empty = new Float32Array(members * capacity * stride).fill(UNTOUCHED);
  const arrays = { test_images: features, test_order: order, x: empty };
  const { x } = await runDispatch(await gpuOf(), dispatch, step, arrays);
  const expected = Float32Array.from(empty, (_, i) => {
    const [column, row, member] = [i % stride, Math.floor(i / stride) % capacity, Math.floor(i / stride / capacity)];
    if (row >= rows) return UNTOUCHED;
    return features[(order[member * orderStride + firstRow + row] as number) * stride + column] as number;
  });
  expectSameBits(new Float32Array(x as ArrayBuffer), expected, "x");
});
