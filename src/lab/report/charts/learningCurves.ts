import type { SeriesOption } from "echarts";
import type { CurveAxis, CurvePoint, Metric } from "../curves.ts";
import { LABEL_PITCH, labelRoom, lineLabels } from "./labels.ts";
import { logAxis, niceRange, shortNumber } from "./scales.ts";
import { AXIS_LOOK, BASE, type Chart, lookOf, MUTED } from "./theme.ts";

/** A contender's curve; its place in the list of all contenders gives its look. */
export interface NamedCurve {
  readonly label: string;
  readonly place: number;
  readonly points: readonly CurvePoint[];
}

/** What is drawn against what. A logarithmic scale of accuracy is one of the test error. */
export interface CurveView {
  readonly metric: Metric;
  readonly axis: CurveAxis;
  readonly scale: "linear" | "log";
}

const [WIDTH, HEIGHT] = [860, 340];
const [LEFT, TOP, BOTTOM] = [56, 36, 52];
/** Of a curve with more points than this none is marked. */
const MARKED = 30;

/** Learning curves: the mean over the seeds as a line, from the least to the largest seed as a band. */
export function learningCurves(curves: readonly NamedCurve[], { metric, axis, scale }: CurveView): Chart {
  const isAccuracy = metric === "test accuracy";
  const isError = isAccuracy && scale === "log";
  const value = (share: number) => (isError ? 100 * (1 - share) : isAccuracy ? 100 * share : share);
  const drawn = curves.map(({ label, place, points }) => ({
    label,
    look: lookOf(place),
    points: points
      .map((point) => ({ x: point[axis], mean: value(point.mean), ends: [value(point.low), value(point.high)] }))
      .map(({ x, mean, ends }) => ({ x, mean, low: Math.min(...ends), high: Math.max(...ends) }))
      .filter(({ x, mean }) => Number.isFinite(x) && (scale === "linear" || mean > 0)),
  }));
  const all = drawn.flatMap(({ points }) => points);
  const ends = all.flatMap(({ low, high }) => [low, high]);
  const range =
    scale === "log" ? logRange(ends) : niceRange(isAccuracy ? ends : [0, ...ends], [0, isAccuracy ? 100 : 1e300]);
  const place = (y: number) => (scale === "log" ? Math.log10(Math.max(range.min, y)) : y);
  const most = Math.max(0, ...all.map(({ x }) => x));
  const name = isError ? "test error, %" : isAccuracy ? "test accuracy, %" : metric;
  const look = { ...AXIS_LOOK, nameGap: 14 };
  const width = WIDTH - LEFT - labelRoom(drawn.map(({ label }) => label));
  const height = Math.max(HEIGHT, LABEL_PITCH * drawn.length);
  const [bottom, top] = [place(range.min), place(range.max)];
  const labels = drawn.flatMap(({ label, look: own, points }) => {
    const last = points.at(-1);
    return last ? [{ label, look: own, y: (height * (top - place(last.mean))) / (top - bottom) }] : [];
  });
  return {
    width: WIDTH,
    height: TOP + height + BOTTOM,
    option: {
      ...BASE,
      grid: { left: LEFT, top: TOP, width, height },
      xAxis: {
        ...look,
        type: "value",
        min: 0,
        max: most || 1,
        name: axis === "seconds" ? "seconds of training a model" : axis,
        nameLocation: "middle",
        nameGap: 30,
        axisLabel: { ...look.axisLabel, formatter: shortNumber, showMaxLabel: axis !== "seconds" },
      },
      yAxis: {
        ...(scale === "log" ? logAxis(range.min, range.max, shortNumber) : { ...look, type: "value", ...range }),
        name: scale === "log" ? `${name} (log scale)` : name,
        nameTextStyle: { ...look.nameTextStyle, align: "left", padding: [0, 0, 0, -LEFT + 8] },
      },
      series: drawn.flatMap(({ label, look: own, points }): SeriesOption[] => {
        if (points.length === 0) return [];
        const upper = points.map(({ x, high: top }) => [x, place(top)]);
        const lower = points.map(({ x, low: bottom }) => [x, place(bottom)]).toReversed();
        return [
          bandOf(label, [...upper, ...lower], own.colour),
          {
            name: label,
            type: "line",
            silent: true,
            color: own.colour,
            lineStyle: { width: 2.2, type: own.dash },
            symbol: own.symbol,
            symbolSize: 6,
            showSymbol: points.length <= MARKED,
            data: points.map(({ x, mean }) => [x, place(mean)]),
          },
        ];
      }),
      graphic:
        all.length > 0
          ? lineLabels(labels, { left: LEFT + width, top: TOP, height })
          : { type: "text", left: "center", top: "middle", style: { text: "nothing to show", fill: MUTED } },
    },
  };
}

/** The area between two lines, as one polygon. */
function bandOf(label: string, corners: readonly (readonly number[])[], colour: string): SeriesOption {
  return {
    name: label,
    type: "custom",
    silent: true,
    z: 1,
    clip: true,
    data: [corners[0] as number[]],
    renderItem: (_, api) => ({
      type: "polygon",
      shape: { points: corners.map((corner) => api.coord([...corner])) },
      style: { fill: colour, opacity: 0.16 },
    }),
  };
}

/** The range of a logarithmic axis around the values above 0. */
function logRange(values: readonly number[]): { min: number; max: number } {
  const positive = values.filter((value) => value > 0 && Number.isFinite(value));
  if (positive.length === 0) return { min: 0.1, max: 1 };
  return { min: Math.min(...positive) / 1.1, max: Math.max(...positive) * 1.1 };
}
