import { expect, test } from "vitest";
import { shuffledOrder } from "../../src/data/order.ts";
import { defineKernel } from "../../src/gpu/kernel.ts";
import { runDispatch, stepOf, useGpu } from "../support/gpu.ts";

const gpuOf = useGpu();

const SEEDS = [0, 1, 0xffffffff];
const UNTOUCHED = 77;

test.each([
  { count: 1, epochLength: 1, epoch: 0, start: 0, length: 1, first: 0, workgroups: 1 },
  { count: 1, epochLength: 1, epoch: 0, start: 0, length: 5, first: 0, workgroups: 1 },
  { count: 2, epochLength: 2, epoch: 3, start: 1, length: 9, first: 2, workgroups: 1 },
  { count: 3, epochLength: 3, epoch: 3, start: 1, length: 20, first: 2, workgroups: 1 },
  { count: 100, epochLength: 100, epoch: 0, start: 0, length: 100, first: 0, workgroups: 2 },
  { count: 100, epochLength: 96, epoch: 7, start: 50, length: 333, first: 3, workgroups: 1 },
  { count: 60000, epochLength: 60000, epoch: 2, start: 59000, length: 3000, first: 0, workgroups: 47 },
  { count: 65536, epochLength: 65536, epoch: 4, start: 0, length: 1000, first: 0, workgroups: 16 },
  { count: 65537, epochLength: 65537, epoch: 4, start: 0, length: 1000, first: 0, workgroups: 16 },
  { count: 2 ** 31 - 1, epochLength: 2 ** 31 - 1, epoch: 0xffffffff, start: 5, length: 100, first: 0, workgroups: 2 },
  { count: 2 ** 31, epochLength: 2 ** 31, epoch: 1, start: 2 ** 31 - 100, length: 200, first: 0, workgroups: 4 },
])("$length of $count samples from $start of epoch $epoch, as src/data/order.ts gives them", async (range) => {
  const got = await shuffle(range, true);
  const expected = emptyOrder(range);
  SEEDS.forEach((seed, m) => {
    expected.set(shuffledOrder(seed, range), m * strideOf(range) + range.first);
  });
  expect(got).toEqual(expected);
});

test("not shuffled, the samples stand as they lie", async () => {
  const range = { count: 10, epochLength: 8, epoch: 1, start: 5, length: 20, first: 1, workgroups: 1 };
  const got = await shuffle(range, false);
  const expected = emptyOrder(range);
  SEEDS.forEach((_, m) => {
    expected.set([5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7, 0], m * strideOf(range) + range.first);
  });
  expect(got).toEqual(expected);
});

interface Range {
  readonly count: number;
  readonly epochLength: number;
  readonly epoch: number;
  readonly start: number;
  readonly length: number;
  readonly first: number;
  readonly workgroups: number;
}

// A few positions behind each member's part, which must stay as they are.
const strideOf = ({ first, length }: Range) => first + length + 3;
const emptyOrder = (range: Range) => new Uint32Array(SEEDS.length * strideOf(range)).fill(UNTOUCHED);

async function shuffle(range: Range, shuffled: boolean): Promise<Uint32Array> {
  const { count, epochLength, epoch, start, length, first, workgroups } = range;
  const dispatch = {
    label: "shuffle",
    kernel: defineKernel({ shader: "data/shuffle.wgsl", uses: ["lib/random.wgsl"] }),
    buffers: { range: "range", seeds: "seeds", order: "order" },
    workgroups: [workgroups, 1, SEEDS.length],
  } as const;
  const { order } = await runDispatch(await gpuOf(), dispatch, stepOf(1), {
    range: Uint32Array.of(count, epochLength, epoch, start, length, first, strideOf(range), shuffled ? 1 : 0),
    seeds: Uint32Array.from(SEEDS),
    order: emptyOrder(range),
  });
  return new Uint32Array(order as ArrayBuffer);
}
