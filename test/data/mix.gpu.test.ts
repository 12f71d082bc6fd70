import { expect, test } from "vitest";
import { mixDispatch } from "../../src/train/trainingGather.ts";
import { expectClose } from "../reference/close.ts";
import { uniform } from "../reference/random.ts";
import { concat, padRows, runDispatch, stepOf, useGpu } from "../support/gpu.ts";
import { expectSameBits } from "../support/session.ts";

const gpuOf = useGpu();
const SPARE = -9;

interface Member {
  /** [rows, columns] */
  readonly x: Float64Array;
  readonly share: number;
}

/** Members' rows after mixing, with their pads and spare rows; step 9 lies in row 1 of a table of 4. */
async function mix(members: readonly Member[], columns: number, capacity: number, rows: number) {
  const P = members.length;
  const words = Math.ceil(columns / 4);
  const steps = new Float32Array(4 * P * 3).fill(1e9);
  for (const [m, { share }] of members.entries()) steps[(P + m) * 3 + 1] = share;
  const { x } = await runDispatch(
    await gpuOf(),
    mixDispatch(words, { members: P, capacity, rows: Math.max(rows, 7) }),
    stepOf(Math.max(1, rows), { rows, members: P, count: 9, slot: 77 }),
    { x: concat(members.map((member) => padRows(member.x, rows, columns, capacity, SPARE))), member_steps: steps },
  );
  const size = capacity * 4 * words;
  return members.map((_, m) => new Float32Array(x as ArrayBuffer, 4 * m * size, size));
}

test.each([
  [1, 5],
  [2, 784],
  [7, 35],
  [100, 785],
  [65, 3],
])("%i rows of %i values: each with the row as far from the other end", async (rows, columns) => {
  const capacity = rows + 3;
  const members = [0.3, 0, 1].map((share, m) => ({ x: uniform(rows * columns, m), share }));
  const got = await mix(members, columns, capacity, rows);
  for (const [m, { x, share }] of members.entries()) {
    const mixed = x.map((value, i) => {
      const row = Math.floor(i / columns);
      const partner = x[(rows - 1 - row) * columns + (i % columns)] as number;
      return share * value + (1 - share) * partner;
    });
    const expected = padRows(mixed, rows, columns, capacity, SPARE);
    // Two products and a sum of numbers up to 1; pads and spare rows exactly.
    expectClose(got[m] ?? [], expected, { absolute: 3e-7 }, `member ${m}`);
    const fixed = [...expected.keys()].filter((i) => expected[i] === 0 || expected[i] === SPARE);
    expect(fixed.every((i) => got[m]?.[i] === expected[i])).toBe(true);
    const [alone] = await mix([{ x, share }], columns, capacity, rows);
    expectSameBits(got[m] as Float32Array, alone as Float32Array, `member ${m}`);
  }
});

test("no rows, no change", async () => {
  const [got] = await mix([{ x: new Float64Array(), share: 0.5 }], 5, 2, 0);
  expect(got?.every((value) => value === SPARE)).toBe(true);
});
