import type { SeriesOption } from "echarts";
import { shortNumber } from "../report/charts/scales.ts";
import { COLOURS, lookOf, MUTED, TEXT } from "../report/charts/theme.ts";
import type { Drawn, Panel } from "./figure.ts";
import { figureScale, type Scale, settingScale } from "./scales.ts";
import type { Figure } from "./trials.ts";
import { valueText } from "./values.ts";

const [LEFT, TOP, BOTTOM, HEIGHT] = [64, 96, 56, 320];
/** Of a curve alone, and of a panel among others. */
const [WIDE, NARROW, GAP, COLUMNS] = [620, 250, 56, 3];
/** Room for the names at the lines' ends. */
const NAMES = 150;

/**
 * The figure against one number, a line for each value of another setting. Runs that diverged, or lie above the axis, are
 * triangles at its upper end; runs that were stopped early are hollow.
 */
export function curves(drawn: readonly Drawn[], x: string, other: string | undefined, by: Figure): Panel {
  const horizontal = settingScale(numbersOf(drawn, x), x);
  const vertical = figureScale(drawn, by);
  const groups = new Map<string, Drawn[]>();
  for (const one of drawn) {
    const name = other === undefined ? "" : valueText(one.values[other] ?? null);
    groups.set(name, [...(groups.get(name) ?? []), one]);
  }
  const best = bestOf(drawn, by);
  const series = [...groups].flatMap(([name, own], i): SeriesOption[] => {
    const look = lookOf(i);
    const points = own
      .map((one) => ({ ...one, at: Number(one.values[x]) }))
      .sort((a, b) => a.at - b.at)
      .filter((one) => isInside(one.figure, vertical));
    return [
      ...(points.some(({ seeds }) => seeds.length > 1) ? [barsOf(points, horizontal, vertical, look.colour)] : []),
      {
        name,
        type: "line",
        silent: true,
        color: look.colour,
        lineStyle: { width: 2.2, type: look.dash },
        symbolSize: 7,
        data: points.map(({ at, figure, done }) => ({
          value: [horizontal.place(at), vertical.place(figure)],
          symbol: done ? look.symbol : "emptyCircle",
        })),
        ...(name !== "" && {
          endLabel: { show: true, formatter: name, color: look.colour, fontSize: 12, distance: 8 },
          labelLayout: { moveOverlap: "shiftY" as const },
        }),
      },
    ];
  });
  const marks = outside(drawn, x, horizontal, vertical);
  const lowest = best && bestMark(best, x, horizontal, vertical, by);
  const right = groups.size > 1 ? NAMES : 40;
  return {
    width: LEFT + WIDE + right,
    height: TOP + HEIGHT + BOTTOM,
    option: {
      grid: { left: LEFT, top: TOP, width: WIDE, height: HEIGHT },
      xAxis: horizontal.axis,
      yAxis: vertical.axis,
      series: [...series, marks, ...(lowest ? [lowest] : [])],
    },
  };
}

/** The figure of each setting against each number, a panel a number. */
export function scatters(drawn: readonly Drawn[], paths: readonly string[], by: Figure): Panel {
  const vertical = figureScale(drawn, by);
  const best = bestOf(drawn, by);
  const columns = Math.min(COLUMNS, paths.length);
  const rows = Math.ceil(paths.length / columns);
  const places = paths.map((_, i) => ({
    left: LEFT + (i % columns) * (NARROW + GAP),
    top: TOP + Math.floor(i / columns) * (HEIGHT * 0.7 + BOTTOM + 24),
    width: NARROW,
    height: HEIGHT * 0.7,
  }));
  const scales = paths.map((path) => settingScale(numbersOf(drawn, path), path));
  return {
    width: LEFT + columns * (NARROW + GAP),
    height: TOP + rows * (HEIGHT * 0.7 + BOTTOM + 24),
    option: {
      grid: places,
      xAxis: scales.map(({ axis }, gridIndex) => ({ ...axis, gridIndex })),
      yAxis: scales.map((_, gridIndex) => ({
        ...vertical.axis,
        gridIndex,
        ...(gridIndex % columns > 0 && { name: "" }),
      })),
      series: paths.flatMap((path, i): SeriesOption[] => {
        const scale = scales[i] as Scale;
        const at = { xAxisIndex: i, yAxisIndex: i };
        const dots: SeriesOption = {
          type: "scatter",
          silent: true,
          ...at,
          symbolSize: 7,
          data: drawn
            .filter(({ figure }) => isInside(figure, vertical))
            .map(({ values, figure, done }) => ({
              value: [scale.place(Number(values[path])), vertical.place(figure)],
              itemStyle: done
                ? { color: COLOURS[0], opacity: 0.75 }
                : { color: "transparent", borderColor: COLOURS[0], borderWidth: 1.2 },
            })),
        };
        const mark = best && bestMark(best, path, scale, vertical, by);
        return [dots, { ...outside(drawn, path, scale, vertical), ...at }, ...(mark ? [{ ...mark, ...at }] : [])];
      }),
    },
  };
}

const numbersOf = (drawn: readonly Drawn[], path: string) => drawn.map(({ values }) => Number(values[path]));

const isInside = (figure: number, { low, high }: Scale) => figure >= low && figure <= high;

/** The best setting of those that ran to their end. */
export function bestOf(drawn: readonly Drawn[], by: Figure): Drawn | undefined {
  const cost = ({ figure }: Drawn) => (by === "val_loss" ? figure : -figure);
  const done = drawn.filter((one) => one.done && Number.isFinite(one.figure));
  return done.reduce<Drawn | undefined>((best, one) => (best && cost(best) <= cost(one) ? best : one), undefined);
}

/** Settings whose figure the axis does not show: triangles at its edge, upwards for a loss. */
function outside(drawn: readonly Drawn[], path: string, horizontal: Scale, vertical: Scale): SeriesOption {
  const lost = drawn.filter(({ figure }) => !isInside(figure, vertical));
  const at = (figure: number) => (figure < vertical.low ? vertical.low : vertical.high);
  return {
    type: "scatter",
    silent: true,
    symbol: "triangle",
    symbolSize: 9,
    itemStyle: { color: MUTED },
    data: lost.map(({ values, figure }) => [horizontal.place(Number(values[path])), vertical.place(at(figure))]),
  };
}

/** A ring round the best setting, with its value. */
function bestMark(best: Drawn, path: string, horizontal: Scale, vertical: Scale, by: Figure): SeriesOption {
  const at = horizontal.place(Number(best.values[path]));
  const [from, to] = [horizontal.place(horizontal.low), horizontal.place(horizontal.high)];
  const share = (at - from) / (to - from);
  const figure = by === "val_loss" ? best.figure.toPrecision(3) : `${best.figure.toFixed(2)} %`;
  return {
    type: "scatter",
    silent: true,
    z: 5,
    symbolSize: 14,
    itemStyle: { color: "transparent", borderColor: TEXT, borderWidth: 1.6 },
    label: {
      show: true,
      position: by === "val_loss" ? "bottom" : "top",
      // Inside of the panel.
      offset: [share < 0.2 ? 40 : share > 0.8 ? -40 : 0, 0],
      textBorderColor: "#ffffff",
      textBorderWidth: 3,
      formatter: `${figure} at ${shortNumber(Number(best.values[path]))}`,
      color: TEXT,
      fontSize: 12,
      fontWeight: "bold",
    },
    data: [[at, vertical.place(best.figure)]],
  };
}

/** A line from the least to the largest seed at each point. */
function barsOf(
  points: readonly (Drawn & { at: number })[],
  horizontal: Scale,
  vertical: Scale,
  colour: string,
): SeriesOption {
  const clip = (y: number) => vertical.place(Math.min(vertical.high, Math.max(vertical.low, y)));
  return {
    type: "custom",
    silent: true,
    data: points.map(({ at, seeds }) => [horizontal.place(at), clip(Math.min(...seeds)), clip(Math.max(...seeds))]),
    renderItem: (_, api) => {
      const [x1, y1] = api.coord([api.value(0), api.value(1)]) as [number, number];
      const [, y2] = api.coord([api.value(0), api.value(2)]) as [number, number];
      return { type: "line", shape: { x1, y1, x2: x1, y2 }, style: { stroke: colour, lineWidth: 1.4 } };
    },
  };
}
