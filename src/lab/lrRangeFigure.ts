import type { SeriesOption } from "echarts";
import type { LrRange } from "./lrRange.ts";
import { logAxis, shortNumber } from "./report/charts/scales.ts";
import { AXIS_LOOK, BASE, COLOURS, MUTED, TEXT } from "./report/charts/theme.ts";
import { renderSvg } from "./report/render.ts";

const [WIDTH, HEIGHT] = [860, 490];
const GRID_PLACE = { left: 64, top: 124, right: 40, bottom: 56 };
const [BLUE, ORANGE, GREEN] = COLOURS;
/** The lines of two rates nearer than this have their names at different heights, in decades. */
const APART = 1.2;

/**
 * Draws a range test: the loss of each step as dots, the smoothed loss as a line with a band over the seeds, the rates that it
 * says as vertical lines. An SVG document.
 * @param title says what was trained, and on which adapter
 */
export function drawLrRange(range: LrRange, title: { text: string; subtext: string }): Promise<string> {
  const { points, minimum, steepest, tenth } = range;
  const x = Math.log10;
  const smoothed = points.map(({ smoothed }) => smoothed);
  // Single steps may lie far above the curve; they are cut where they would flatten it.
  const [least, most] = [Math.min(...smoothed, ...points.map(({ low }) => low)), Math.max(...smoothed)];
  const top = Math.min(Math.max(...points.map(({ loss, high }) => Math.max(loss, high))), 1.25 * most);
  const bottom = Math.max(0, Math.floor(10 * (least - 0.1 * (top - least))) / 10);
  const ends = (pick: "low" | "high") => points.map((point) => [x(point.smoothed_lr), Math.min(top, point[pick])]);
  const corners = [...ends("high"), ...ends("low").toReversed()];
  const hasBand = points.some(({ low, high }) => high > low);
  const { nameTextStyle, ...axis } = AXIS_LOOK;
  const marks = [
    ...(steepest === undefined ? [] : [{ lr: steepest, name: "steepest fall", colour: ORANGE, suggests: true }]),
    ...(tenth === undefined ? [] : [{ lr: tenth, name: "minimum / 10", colour: GREEN, suggests: false }]),
    ...(minimum ? [{ lr: minimum.lr, name: "minimum", colour: MUTED, suggests: false }] : []),
  ].sort((a, b) => a.lr - b.lr);
  const [first, last] = [points[0]?.lr ?? range.from, points.at(-1)?.lr ?? range.to];
  const series: SeriesOption[] = [
    ...(hasBand ? [bandOf(corners)] : []),
    {
      name: "steps",
      type: "scatter",
      silent: true,
      symbolSize: 3.5,
      itemStyle: { color: BLUE, opacity: 0.28 },
      data: points.filter(({ loss }) => loss <= top).map(({ lr, loss }) => [x(lr), loss]),
    },
    {
      name: "smoothed",
      type: "line",
      silent: true,
      showSymbol: false,
      color: BLUE,
      lineStyle: { width: 2.4 },
      data: points.map(({ smoothed_lr, smoothed: loss }) => [x(smoothed_lr), loss]),
      markLine: {
        silent: true,
        symbol: "none",
        data: marks.map(({ lr, name, colour, suggests }, i) => ({
          xAxis: x(lr),
          lineStyle: { color: colour, width: suggests ? 2 : 1.2, type: suggests ? "solid" : [5, 4] },
          label: {
            formatter: `${name}\n${rateText(lr)}${suggests ? ", suggested" : ""}`,
            color: TEXT,
            fontSize: 12,
            fontWeight: suggests ? "bold" : "normal",
            lineHeight: 15,
            // Of three names side by side the middle one stands higher.
            distance: i % 2 === 1 && isCrowded(marks) ? 36 : 4,
          },
        })),
      },
    },
  ];
  return renderSvg(
    {
      width: WIDTH,
      height: HEIGHT,
      option: {
        ...BASE,
        title: {
          ...title,
          left: GRID_PLACE.left,
          top: 6,
          itemGap: 4,
          textStyle: { fontSize: 16, color: TEXT },
          subtextStyle: { color: MUTED, fontSize: 12 },
        },
        grid: GRID_PLACE,
        xAxis: {
          ...logAxis(first, last, (lr) => rateText(lr)),
          name: "learning rate (log scale)",
          nameLocation: "middle",
          nameGap: 32,
        },
        yAxis: {
          ...axis,
          nameTextStyle: { ...nameTextStyle, align: "left" as const, padding: [0, 0, 0, -48] },
          type: "value",
          min: bottom,
          max: top,
          name: "training loss",
          axisLabel: { ...axis.axisLabel, showMinLabel: bottom === 0, showMaxLabel: false, formatter: shortNumber },
        },
        series,
      },
    },
    "#ffffff",
  );
}

const isCrowded = (marks: readonly { lr: number }[]) =>
  marks.some(({ lr }, i) => i > 0 && Math.log10(lr / (marks[i - 1]?.lr ?? lr)) < APART);

/** A rate with two digits: 0.0012, 3.2e-6. */
export const rateText = (lr: number): string => {
  const two = Number(lr.toPrecision(2));
  return two < 1e-3 ? two.toExponential().replace(/e-0?/, "e-") : `${two}`;
};

function bandOf(corners: readonly (readonly number[])[]): SeriesOption {
  return {
    name: "seeds",
    type: "custom",
    silent: true,
    z: 1,
    clip: true,
    data: [corners[0] as number[]],
    renderItem: (_, api) => ({
      type: "polygon",
      shape: { points: corners.map((corner) => api.coord([...corner])) },
      style: { fill: BLUE, opacity: 0.16 },
    }),
  };
}
