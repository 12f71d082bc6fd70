import { expect, test } from "vitest";
import { jsonLine } from "../../src/io/runLog.ts";
import { type Comparison, comparisonSchema, comparisonTable, spread } from "../../src/lab/compare.ts";
import { drawComparison } from "../../src/lab/compareFigure.ts";
import { parseSvg } from "./svg.ts";

const comparison = (optimizer: string, more: Partial<Comparison> = {}): Comparison => ({
  optimizer,
  lr: 0.01,
  validation: [{ lr: 0.01, loss: 0.3 }],
  test_accuracy: [0.9, 0.92, 0.94],
  test_loss: [0.3, 0.2, 0.1],
  seconds_per_epoch: 1.234,
  curve: [
    [0.5, 2],
    [1, 0.5],
  ],
  ...more,
});

test("mean and deviation of a sample", () => {
  expect(spread([1, 2, 3])).toEqual({ mean: 2, deviation: 1 });
  expect(spread([4])).toEqual({ mean: 4, deviation: 0 });
});

test("the table has a line for each optimizer, a dash where there is no rate to choose", () => {
  const { lr: _, ...free } = comparison("prodigy");
  expect(comparisonTable([comparison("sgd"), free]).split("\n")).toEqual([
    "| optimizer | lr | test accuracy, % (3 seeds) | test loss | s an epoch |",
    "| --- | ---: | ---: | ---: | ---: |",
    "| sgd | 0.01 | 92.00 ± 2.00 | 0.200 | 1.23 |",
    "| prodigy | - | 92.00 ± 2.00 | 0.200 | 1.23 |",
  ]);
});

test("a comparison comes back from JSON, with what is no number", () => {
  const lost = comparison("sgd", { test_loss: [Number.NaN, 1, Number.POSITIVE_INFINITY], curve: [[1, Number.NaN]] });
  expect(comparisonSchema.parse(JSON.parse(jsonLine(lost)))).toEqual(lost);
});

test("the figure has a panel for each optimizer, its curve over those of the others", async () => {
  const all = ["sgd", "adam", "lion", "a", "b", "c", "d"].map((name) => comparison(name));
  all[1] = comparison("adam", { curve: [[1, Number.NaN]], test_accuracy: [0.1] });
  const elements = parseSvg(await drawComparison(all, { text: "seven", subtext: "on an adapter" }));
  const texts = elements.map(({ text }) => text);
  for (const { optimizer } of all) expect(texts.filter((text) => text === optimizer)).toHaveLength(1);
  expect(texts.filter((text) => text === "lr 0.01: 92.00 %")).toHaveLength(6);
  expect(texts).toEqual(expect.arrayContaining(["seven", "on an adapter", "lr 0.01: 10.00 %"]));
  const lines = (color: string) =>
    elements.filter(
      ({ attributes: { stroke, fill, d } }) => stroke === color && fill === "none" && (d?.length ?? 0) > 9,
    );
  const blue = lines("#0072B2");
  expect(blue).toHaveLength(6); // one has no finite loss to draw
  // A curve comes down from left to right.
  const [x0, y0, x1, y1] = (blue[0]?.attributes.d?.match(/-?[\d.]+/g) ?? []).map(Number) as [
    number,
    number,
    number,
    number,
  ];
  expect(x1).toBeGreaterThan(x0);
  expect(y1).toBeGreaterThan(y0);
});
