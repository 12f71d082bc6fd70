import { describe, expect, test } from "vitest";
import { ENSEMBLE_METHODS, OUTCOME_BYTES, predictions } from "../../src/nn/predictions.ts";
import { expectClose } from "../reference/close.ts";
import { integers, uniform } from "../reference/random.ts";
import { concat, padRows, runDispatch, stepOf, useGpu } from "../support/gpu.ts";

const gpuOf = useGpu();

// WGSL lets exp err by 3 + 2 |x| ULP, and log by 2^-21; logits of up to 5 lose 2^-22 of 10 more, summed over members.
const BOUND = { absolute: 3e-6, relative: 3e-6 };
// Logits of up to 120 have an ULP of 2^-17, and so have their differences.
const LARGE_BOUND = { absolute: 1e-4, relative: 1e-5 };

const FIRST_ROW = 3;
const SPARE_ROWS = 2;

interface Outcome {
  readonly winner: number;
  readonly confidence: number;
  readonly loss: number;
  /** Of the reference: whether the next class is so far behind that rounding cannot put it in front. */
  readonly isClear?: boolean;
}

/** Runs both kernels over a chunk; spare rows of z hold NaN. @returns [members + methods][rows] */
async function run(logits: readonly Float64Array[], labels: Uint8Array, classes: number): Promise<Outcome[][]> {
  const [members, rows] = [logits.length, labels.length];
  const capacity = rows + SPARE_ROWS;
  const count = FIRST_ROW + rows;
  const z = concat(logits.map((own) => padRows(own, rows, classes, capacity, Number.NaN)));
  const table = new Uint32Array(((members + ENSEMBLE_METHODS.length) * count * OUTCOME_BYTES) / 4).fill(77);
  const names = { z: "z", logP: "log_p", labels: "labels", outcomes: "outcomes" };
  const { outcomes } = await runDispatch(
    await gpuOf(),
    predictions(names, { classes, capacity, members, rows, count }),
    stepOf(rows, { members, first_row: FIRST_ROW }),
    { z, log_p: new Float32Array(z.length), labels: Uint8Array.from([9, 9, 9, ...labels]), outcomes: table },
  );
  const view = new DataView(outcomes as ArrayBuffer);
  return Array.from({ length: members + ENSEMBLE_METHODS.length }, (_, r) => {
    // What lies before the chunk keeps what it holds.
    expect(view.getUint32((r * count + FIRST_ROW - 1) * OUTCOME_BYTES, true)).toBe(77);
    return Array.from({ length: rows }, (_, row) => {
      const at = (r * count + FIRST_ROW + row) * OUTCOME_BYTES;
      const [winner, confidence] = [view.getUint32(at, true), view.getFloat32(at + 4, true)];
      return { winner, confidence, loss: view.getFloat32(at + 8, true) };
    });
  });
}

const softmax = (z: ArrayLike<number>) => {
  const largest = Math.max(...Array.from(z));
  const exps = Array.from(z, (value) => Math.exp(value - largest));
  const total = exps.reduce((sum, value) => sum + value, 0);
  return exps.map((value) => value / total);
};
const isClear = (values: readonly number[]) => {
  const [first = 0, second = 0] = values.toSorted((a, b) => b - a);
  return first - second > 1e-5;
};
const firstLargest = (values: readonly number[]) => values.indexOf(Math.max(...values));

/** The same in f64. */
function reference(logits: readonly Float64Array[], labels: Uint8Array, classes: number): Outcome[][] {
  const P = logits.length;
  const result: Outcome[][] = Array.from({ length: P + 3 }, () => []);
  labels.forEach((label, row) => {
    // As the kernel has them: rounded to f32.
    const z = logits.map((own) => Array.from(Float32Array.from(own.subarray(row * classes, (row + 1) * classes))));
    const p = z.map(softmax);
    const mean = Array.from({ length: classes }, (_, c) => p.reduce((sum, own) => sum + (own[c] as number), 0) / P);
    // log p = z less a member's own constant, which the softmax of the mean does away with.
    const geometric = softmax(mean.map((_, c) => z.reduce((sum, own) => sum + (own[c] as number), 0) / P));
    const winners = z.map(firstLargest);
    const votes = mean.map((_, c) => winners.filter((winner) => winner === c).length);
    const scores = votes.map((count, c) => count + (mean[c] as number) / 2); // the mean settles ties
    const voted = firstLargest(scores);
    const outcomeOf = (own: readonly number[]): Outcome => {
      const winner = firstLargest(own);
      return {
        winner,
        confidence: own[winner] as number,
        loss: -Math.log(own[label] as number),
        isClear: isClear(own),
      };
    };
    for (const [m, own] of p.entries()) result[m]?.push(outcomeOf(own));
    result[P]?.push(outcomeOf(mean));
    result[P + 1]?.push({ winner: voted, confidence: (votes[voted] as number) / P, loss: 0, isClear: isClear(scores) });
    result[P + 2]?.push(outcomeOf(geometric));
  });
  return result;
}

function expectSame(got: readonly Outcome[][], expected: readonly Outcome[][], bound: typeof BOUND): void {
  for (const [r, rows] of expected.entries()) {
    const own = got[r] ?? [];
    const clear = rows.map(({ winner, isClear }) => (isClear ? winner : undefined));
    expect(own.map(({ winner }, row) => (clear[row] === undefined ? undefined : winner))).toEqual(clear);
    expect(clear.filter((winner) => winner === undefined).length).toBeLessThan(0.5 * clear.length);
    for (const field of ["confidence", "loss"] as const) {
      const [a, b] = [own, rows].map((all) => Float64Array.from(all, (outcome) => outcome[field])) as [
        Float64Array,
        Float64Array,
      ];
      expectClose(a, b, bound, `${field} of row ${r}`);
    }
  }
}

const randomLogits = (members: number, rows: number, classes: number, scale: number) =>
  Array.from({ length: members }, (_, m) => uniform(rows * classes, 20 * m + 3, scale));

describe.each([1, 3])("of %d members", (members) => {
  // More rows than a workgroup takes; five classes leave pads.
  test.each([
    [70, 10],
    [5, 5],
    [1, 2],
  ])("%d samples of %d classes are those of the reference", async (rows, classes) => {
    const logits = randomLogits(members, rows, classes, 5);
    const labels = Uint8Array.from(integers(rows, 8, classes));
    expectSame(await run(logits, labels, classes), reference(logits, labels, classes), BOUND);
  });

  test("large logits neither overflow nor lose the loss", async () => {
    const logits = randomLogits(members, 40, 10, 120);
    const labels = Uint8Array.from(integers(40, 9, 10));
    const expected = reference(logits, labels, 10);
    expect(Math.max(...(expected[0] ?? []).map(({ loss }) => loss))).toBeGreaterThan(104); // 0 as a probability in f32
    expectSame(await run(logits, labels, 10), expected, LARGE_BOUND);
  });
});

test("equal members predict together what each does", async () => {
  const [one] = randomLogits(1, 70, 10, 5) as [Float64Array];
  const labels = Uint8Array.from(integers(70, 8, 10));
  const outcomes = await run([one, one, one], labels, 10);
  for (const row of outcomes) expect(row.map(({ winner }) => winner)).toEqual(outcomes[0]?.map(({ winner }) => winner));
});

test("a tie of votes goes to the larger mean, two of three outvote it", async () => {
  const logits = [Float64Array.of(4, 0, 0), Float64Array.of(0, 1, 0), Float64Array.of(0, 0, 1)];
  const [tied] = (await run(logits, Uint8Array.of(0), 3)).slice(4);
  expect(tied?.[0]?.winner).toBe(0);
  const outvoted = [Float64Array.of(4, 0, 0), Float64Array.of(0, 1, 0), Float64Array.of(0, 1, 0)];
  const rows = await run(outvoted, Uint8Array.of(0), 3);
  expect(rows.slice(3).map((row) => row[0]?.winner)).toEqual([0, 1, 0]);
  expect(rows[4]?.[0]?.confidence).toBeCloseTo(2 / 3, 6);
});
