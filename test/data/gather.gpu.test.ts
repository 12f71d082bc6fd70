import { expect, test } from "vitest";
import { defineKernel, STEP_SHADER } from "../../src/gpu/kernel.ts";
import { expectClose } from "../reference/close.ts";
import { integers } from "../reference/random.ts";
import { runDispatch, stepOf, useGpu } from "../support/gpu.ts";

const gpuOf = useGpu();

const SAMPLES = 37;
const UNTOUCHED = -9;

test.each([
  { width: 1, rows: 3, capacity: 4, members: 2, firstRow: 0, orderStride: 8, workgroups: 1 },
  { width: 63, rows: 5, capacity: 8, members: 3, firstRow: 3, orderStride: 8, workgroups: 2 },
  { width: 64, rows: 5, capacity: 5, members: 1, firstRow: 0, orderStride: 0, workgroups: 99 },
  { width: 65, rows: 7, capacity: 9, members: 2, firstRow: 1, orderStride: 8, workgroups: 1 },
  { width: 784, rows: 100, capacity: 100, members: 2, firstRow: 28, orderStride: 128, workgroups: 400 },
  { width: 784, rows: 1, capacity: 3, members: 2, firstRow: 0, orderStride: 0, workgroups: 1 },
])(
  "$rows rows of $width, $members members",
  async ({ width, rows, capacity, members, firstRow, orderStride, workgroups }) => {
    const words = Math.ceil(width / 4);
    // What fills an image's last word beyond its width is not data.
    const images = Uint8Array.from(integers(SAMPLES * words * 4, 1, 256));
    const order = integers(Math.max(orderStride * members, firstRow + rows), 2, SAMPLES);
    const dispatch = {
      label: "gather",
      kernel: defineKernel({ shader: "data/gather.wgsl", uses: [STEP_SHADER] }),
      buffers: { images: "images", order: "order", x: "x" },
      shape: { width, words, x_stride: capacity * words, scale: 2 / 255, shift: -1 },
      workgroups: [workgroups, 1, members],
    } as const;
    const step = stepOf(rows, { members, first_row: firstRow, order_stride: orderStride });
    const empty = new Float32Array(members * capacity * words * 4).fill(UNTOUCHED);
    const { x } = await runDispatch(await gpuOf(), dispatch, step, { images, order, x: empty });
    const got = new Float32Array(x as ArrayBuffer);

    const expected = Float64Array.from(got, (_, i) => {
      const [column, row, member] = [
        i % (4 * words),
        Math.floor(i / (4 * words)) % capacity,
        Math.floor(i / (4 * words * capacity)),
      ];
      if (row >= rows) return UNTOUCHED;
      if (column >= width) return 0;
      const sample = order[member * orderStride + firstRow + row] as number;
      return ((images[sample * words * 4 + column] as number) / 255 - 0.5) / 0.5;
    });
    // The scale's rounding, 255 times over, and that of the sum.
    expectClose(got, expected, { absolute: 2e-7 }, "x");
    const fixed = [...expected.keys()].filter((i) => expected[i] === 0 || expected[i] === UNTOUCHED);
    expect(fixed.every((i) => got[i] === expected[i])).toBe(true);
  },
);
