import { expect, test } from "vitest";
import type { LogEvent } from "../../../src/io/runLog.ts";
import { drawTune } from "../../../src/lab/tune/figure.ts";
import { lineageOf } from "../../../src/lab/tune/lineage.ts";
import type { Range } from "../../../src/lab/tune/space.ts";
import { parseSvg } from "../svg.ts";

const ranges: Range[] = [
  { path: "optimizer.lr", scale: "log", low: 1e-4, high: 1 },
  { path: "dropout", scale: "uniform", low: 0.1, high: 0.5 },
];
const rank = (step: number, model: number, place: number, lr: number, dropout: number, val_loss: number): LogEvent => ({
  ...{ event: "rank", step, model, rank: place, train_loss: 1, val_loss, val_accuracy: 1 - val_loss / 10 },
  values: { "optimizer.lr": lr, dropout },
});
const events: LogEvent[] = [
  rank(10, 0, 1, 0.1, 0.2, 0.5),
  rank(10, 1, 2, 0.001, 0.4, 2),
  { event: "exploit", step: 10, model: 1, from: 0 },
  rank(20, 1, 1, 0.12, 0.3, 0.3),
  rank(20, 0, 2, 0.1, 0.2, Number.NaN),
  { event: "exploit", step: 20, model: 0, from: 1 },
  rank(30, 1, 1, 0.12, 0.3, 0.123),
  rank(30, 0, 2, 0.15, 0.3, 0.4),
];
const title = { text: "Tuning", subtext: "what and where" };

test("the lineage of a copy goes over to its source, and leaves it where the copy was made", () => {
  const places = (model: number) => lineageOf(events, model).map(({ step, model: own }) => [step, own]);
  expect(places(1)).toEqual([
    [10, 0],
    [20, 1],
    [30, 1],
  ]);
  expect(places(0)).toEqual([
    [10, 0],
    [20, 1],
    [30, 0],
  ]);
});

test("a panel for each setting and the figure, with the winner's last", async () => {
  const texts = parseSvg(await drawTune(events, ranges, "val_loss", 1, title)).map(({ text }) => text);
  for (const text of [
    "Tuning",
    "what and where",
    "optimizer.lr (log scale)",
    "dropout",
    "validation loss (log scale)",
    "step",
  ])
    expect(texts).toContain(text);
  expect(texts).toContain("0.123");
  const accuracies = parseSvg(await drawTune(events, ranges, "val_accuracy", 1, title)).map(({ text }) => text);
  expect(accuracies).toContain("validation accuracy, %");
  expect(accuracies).toContain("98.77 %");
});
