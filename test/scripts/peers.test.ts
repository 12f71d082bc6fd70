import { expect, test } from "vitest";
import { lastEpochMean, lossTolerance } from "../../scripts/peers/peer.ts";
import { disagreements, type Row, table } from "../../scripts/peers/table.ts";
import { median } from "../../src/gpu/timing.ts";

const row: Row = {
  name: "A",
  runsOn: "x",
  steps: 100,
  seconds: [4, 2, 3],
  median: 3,
  loss: 0.5,
  reference: 0.5,
};

test("the median is the middle value, or the mean of the two in the middle", () => {
  expect(median([5, 1, 3])).toBe(3);
  expect(median([4, 1, 3, 2])).toBe(2.5);
});

test("the mean loss is that of the last epoch, also of one cut short", () => {
  expect(lastEpochMean([9, 9, 1, 3], 2)).toBe(2);
  expect(lastEpochMean([9, 9, 1, 3, 7], 2)).toBe(7);
});

test("rounding may move a loss more the longer the run, and no row with another loss passes", () => {
  expect(lossTolerance(1, 50)).toBeCloseTo(2e-4, 12);
  expect(lossTolerance(1, 400)).toBeCloseTo(4e-4, 12);
  expect(disagreements([row, { ...row, loss: 0.5001 }])).toEqual([]);
  expect(disagreements([row, { ...row, name: "B", loss: 0.501 }])).toEqual([
    "B (x) ends 100 steps with loss 0.50100; Downhill with 0.50000 +- 0.00015.",
  ]);
  expect(disagreements([{ ...row, loss: Number.NaN }])).toHaveLength(1);
});

test("the table divides every row by each baseline", () => {
  const lines = table([
    { ...row, baseline: "base" },
    { ...row, name: "B", seconds: [6], median: 6 },
  ]).split("\n");
  expect(lines.map((line) => line.split(/ {2,}/))).toEqual([
    ["peer", "s/epoch", "min", "max", "/ base", "loss", "steps", "runs on"],
    ["A", "3.00", "2.00", "4.00", "1.00", "0.50000", "100", "x"],
    ["B", "6.00", "6.00", "6.00", "2.00", "0.50000", "100", "x"],
  ]);
});
