import { expect, test } from "vitest";
import type { ContenderSummary } from "../../../src/lab/compare/summary.ts";
import { markdownTable } from "../../../src/lab/report/markdown.ts";
import { sampleResults } from "./sample.ts";

test("the table has a line for each optimizer, a dash where there is no rate to choose", () => {
  const [sgd, { lr: _, ...adam }] = sampleResults().summary.contenders as [ContenderSummary, ContenderSummary];
  expect(markdownTable([sgd, adam]).split("\n")).toEqual([
    "| optimizer | lr | test accuracy, % (3 seeds) | test loss | s an epoch |",
    "| --- | ---: | ---: | ---: | ---: |",
    "| sgd | 0.1 | 74.10 ± 0.10 | 1.000 | 0.50 |",
    "| adam | - | 82.10 ± 0.10 | 0.500 | 0.50 |",
  ]);
});
