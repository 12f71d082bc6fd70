import { expect, test } from "vitest";
import type { BenchResult } from "../../src/lab/bench.ts";
import { drawGrowth } from "../../src/lab/benchFigure.ts";
import type { Growth } from "../../src/lab/growth.ts";
import { parseSvg, type SvgElement } from "./svg.ts";

/** A result with the quantities that the figure draws. */
const result = (microseconds_per_step: number): BenchResult => ({
  widths: [784, 10],
  kernel_family: "plain",
  parameters: 7850,
  members: 1,
  batch: 100,
  seconds_per_epoch: 6e-4 * microseconds_per_step,
  images_per_second: 1e8 / microseconds_per_step,
  microseconds_per_step,
  dispatches_per_step: 4,
  gflop_per_epoch: 1,
  gflops: 1,
  share_of_peak: 0.1,
  bytes: 1,
  compile_seconds: 0,
  kernels: [],
});

const GROWTHS: Growth[] = [
  {
    axis: "batch",
    largest: 300,
    points: [
      { size: 1, result: result(100) },
      { size: 10, result: result(200) },
      { size: 100, result: result(1000) },
      { size: 1000, misfit: "too few samples" },
    ],
  },
  {
    axis: "population",
    largest: 500,
    points: [
      { size: 1, result: result(1000) },
      { size: 4, result: result(4000) },
    ],
  },
];

/** Where a series' marks lie, from left to right: echarts scales and moves a circle to each. */
const marks = (elements: readonly SvgElement[], color: string) =>
  elements
    .filter(({ attributes }) => attributes.fill === color && attributes.ecmeta_ssr_type === "chart")
    .map(({ attributes }) => (attributes.transform ?? "").split(/[(,)]/).map(Number))
    .map((matrix) => ({ x: matrix[5] as number, y: matrix[6] as number }))
    .sort((a, b) => a.x - b.x);

test("a panel for each axis, three lines in each, a mark for each size that was measured", async () => {
  const elements = parseSvg(await drawGrowth(GROWTHS, { text: "cost < time", subtext: "on an adapter" }));
  const texts = elements.filter(({ name }) => name === "text").map(({ text }) => text);
  expect(elements[0]).toMatchObject({ name: "svg" });
  expect(texts).toContain("cost &lt; time");
  expect(texts).toContain("on an adapter");
  expect(texts).toContain("samples a step");
  expect(texts).toContain("members trained side by side");
  expect(texts).toContain("does not fit: 1000 (at most 300)");
  for (const name of ["a step", "a sample of one member"]) expect(texts).toContain(name);

  const [steps, samples] = [marks(elements, "#0072B2"), marks(elements, "#D55E00")];
  expect([steps.length, samples.length]).toEqual([5, 5]);
  // Equal times lie equally high in both panels, higher ones higher: 100, 200, 1000 us and 1000, 4000 us.
  const [a, b, c, d, e] = steps.map(({ y }) => y) as [number, number, number, number, number];
  expect(d).toBeCloseTo(c, 1);
  expect((a - b) / (a - c)).toBeCloseTo(Math.log10(2), 2);
  expect((d - e) / (a - c)).toBeCloseTo(Math.log10(4), 2);
  // Sizes are on a logarithmic scale too.
  const [first, second, third] = steps.map(({ x }) => x) as [number, number, number];
  expect(second - first).toBeCloseTo(third - second, 1);
  // The step's products at the peak: a dashed line a panel.
  const dashed = elements.filter(({ attributes: { fill, stroke } }) => fill === "none" && stroke === "#8c959f");
  expect(dashed.filter(({ attributes }) => "stroke-dasharray" in attributes)).toHaveLength(2);
});

test("an axis without any result is an empty panel that says so", async () => {
  const growth: Growth = { axis: "width", largest: 0, points: [{ size: 64, misfit: "too large" }] };
  const elements = parseSvg(await drawGrowth([growth], { text: "cost", subtext: "" }));
  expect(elements.map(({ text }) => text)).toContain("does not fit: 64 (at most 0)");
  expect(marks(elements, "#0072B2")).toEqual([]);
});
