import type { SeriesOption } from "echarts";
import type { BenchResult } from "./bench.ts";
import type { Axis, Growth } from "./growth.ts";

// Okabe and Ito's colours, which colour-blind readers can tell apart.
const [BLUE, ORANGE, GREY] = ["#0072B2", "#D55E00", "#8c959f"];
const [TEXT, TITLE] = ["#57606a", "#1f2328"];
const NAMES: Readonly<Record<Axis, string>> = {
  batch: "samples a step",
  width: "width of two hidden layers",
  population: "members trained side by side",
};
/** The ratio of neighbouring marks on an axis of sizes. */
const LOG_BASE: Readonly<Record<Axis, number>> = { batch: 10, width: 2, population: 4 };
const [GAP, LEFT, TOP, HEIGHT] = [52, 70, 104, 280];
/** A panel's width where there are one, two or three: the legend takes some 600 pixels. */
const PANELS = [540, 380, 270];

/** What the figure draws at each size, in seconds. */
const LINES: readonly { name: string; color: string; isDashed?: boolean; seconds(result: BenchResult): number }[] = [
  { name: "a step", color: BLUE as string, seconds: ({ microseconds_per_step: step }) => step / 1e6 },
  {
    name: "a sample of one member",
    color: ORANGE as string,
    seconds: ({ images_per_second }) => 1 / images_per_second,
  },
  {
    name: "a step's products at the measured peak",
    color: GREY as string,
    isDashed: true,
    seconds: ({ microseconds_per_step: step, share_of_peak }) => (step * share_of_peak) / 1e6,
  },
];

/**
 * Draws how cost grows, a panel for each axis, sizes and seconds on logarithmic scales: an SVG document.
 * @param title says what was measured, and on which adapter
 */
export async function drawGrowth(
  growths: readonly Growth[],
  title: { text: string; subtext: string },
): Promise<string> {
  const echarts = await import("echarts"); // large, and only the figure needs it
  const panelWidth = PANELS[growths.length - 1] ?? 270;
  const width = LEFT + growths.length * (panelWidth + GAP);
  const chart = echarts.init(null, null, { renderer: "svg", ssr: true, width, height: TOP + HEIGHT + 96 });
  const measured = growths.map(({ points }) =>
    points.flatMap(({ size, result }) => (result ? [{ size, result }] : [])),
  );
  const seconds = measured.flat().flatMap(({ result }) => LINES.map((line) => line.seconds(result)));
  const [least, most] = seconds.length > 0 ? [Math.min(...seconds), Math.max(...seconds)] : [1e-3, 1];
  const axis = {
    axisLabel: { color: TEXT, hideOverlap: true },
    nameTextStyle: { color: TEXT },
    axisLine: { show: true, lineStyle: { color: GREY } },
    splitLine: { lineStyle: { color: "#eaeef2" } },
  };
  const left = (panel: number) => LEFT + panel * (panelWidth + GAP);
  const legend = LINES.map(({ name, isDashed }) => ({ name, ...(isDashed && { itemStyle: { opacity: 0 } }) }));
  chart.setOption({
    animation: false,
    backgroundColor: "#ffffff",
    textStyle: { fontFamily: "system-ui, sans-serif" },
    title: [
      { ...title, left: "center", textStyle: { fontSize: 16, color: TITLE }, subtextStyle: { color: TEXT } },
      ...growths.map((growth, panel) => ({
        text: misfitsOf(growth),
        left: left(panel) + panelWidth / 2,
        top: TOP - 28,
        textAlign: "center" as const,
        textStyle: { fontSize: 12, fontWeight: "normal" as const, color: TEXT },
      })),
    ],
    legend: { bottom: 4, itemGap: 32, textStyle: { color: TEXT }, data: legend },
    grid: growths.map((_, panel) => ({ left: left(panel), top: TOP, width: panelWidth, height: HEIGHT })),
    xAxis: growths.map(({ axis: of, points }, gridIndex) => ({
      ...axis,
      gridIndex,
      type: "log" as const,
      logBase: LOG_BASE[of],
      min: points[0]?.size ?? 1,
      max: points.at(-1)?.size ?? 1,
      name: NAMES[of],
      nameLocation: "middle" as const,
      nameGap: 28,
    })),
    yAxis: growths.map((_, gridIndex) => ({
      ...axis,
      gridIndex,
      type: "log" as const,
      min: 10 ** Math.floor(Math.log10(least)),
      max: 10 ** Math.ceil(Math.log10(most)),
      axisLabel: { ...axis.axisLabel, show: gridIndex === 0, formatter: readable },
    })),
    series: measured.flatMap((points, panel) =>
      LINES.map(
        ({ name, color, isDashed = false, seconds }): SeriesOption => ({
          name,
          type: "line",
          xAxisIndex: panel,
          yAxisIndex: panel,
          color,
          symbol: isDashed ? "none" : "circle",
          symbolSize: 7,
          lineStyle: { width: 2, type: isDashed ? "dashed" : "solid" },
          data: points.map(({ size, result }) => [size, seconds(result)]),
        }),
      ),
    ),
  });
  const svg = chart.renderToSVGString();
  chart.dispose(); // it would keep the process alive
  return svg;
}

/** What a panel says of sizes without a result. */
function misfitsOf({ points, largest }: Growth): string {
  const sizes = points.flatMap(({ size, misfit }) => (misfit === undefined ? [] : [size]));
  return sizes.length === 0 ? "" : `does not fit: ${sizes.join(", ")} (at most ${largest})`;
}

/** 0.00002 as `20 µs`. */
function readable(seconds: number): string {
  const [factor, unit] =
    seconds < 0.9e-6 ? [1e9, "ns"] : seconds < 0.9e-3 ? [1e6, "µs"] : seconds < 0.9 ? [1e3, "ms"] : [1, "s"];
  return `${Number((seconds * factor).toPrecision(3))} ${unit}`;
}
