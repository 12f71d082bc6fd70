import type { SeriesOption } from "echarts";
import type { LogEvent } from "../../io/runLog.ts";
import { AXIS, AXIS_LOOK, BASE, COLOURS, MUTED, TEXT } from "../report/charts/theme.ts";
import { renderSvg } from "../report/render.ts";
import { figureAxis, settingAxis, type Vertical } from "./axes.ts";
import { intervalsOf, lineageOf, type Ranked } from "./lineage.ts";
import type { PbtSettings } from "./pbt.ts";
import type { Range } from "./space.ts";

const [LEFT, TOP, RIGHT, BOTTOM, WIDTH] = [72, 104, 40, 52, 700];
/** Of a panel, and between two. */
const [HEIGHT, GAP] = [170, 58];
/** Pixels of a letter of the second title, at most on average. */
const WIDTH_OF_LETTER = 6.8;

/** What is drawn: all members of each interval, and what came to the best one's parameters. */
interface Told {
  readonly intervals: readonly (readonly Ranked[])[];
  readonly lineage: readonly Ranked[];
}

/** A vertical axis, and the series of the panel with a number. */
interface Panel {
  readonly vertical: Vertical;
  readonly series: (panel: number) => SeriesOption[];
}

type Points = readonly (readonly (number | null)[])[];

/**
 * Draws how the settings of a population moved: a panel for each, with all members in grey and what came to the best member's
 * parameters in colour, and one for the figure that members are ranked by. A step is the value of an interval; a dot is where
 * the parameters were copied from another member. An SVG document.
 * @param winner the best member
 * @param title says what was trained, and on which adapter
 */
export function drawTune(
  events: readonly LogEvent[],
  ranges: readonly Range[],
  by: PbtSettings["by"],
  winner: number,
  title: { text: string; subtext: string },
): Promise<string> {
  const told: Told = { intervals: intervalsOf(events), lineage: lineageOf(events, winner) };
  const end = endOf(told, told.intervals.length - 1);
  const panels = [...ranges.map((range) => settingPanel(range, told)), figurePanel(by, told)];
  const { nameTextStyle, ...look } = AXIS_LOOK;
  const top = (panel: number) => TOP + panel * (HEIGHT + GAP);
  const width = Math.max(LEFT + WIDTH + RIGHT, LEFT + WIDTH_OF_LETTER * title.subtext.length);
  const height = top(panels.length) - GAP + BOTTOM;
  return renderSvg(
    {
      width,
      height,
      option: {
        ...BASE,
        title: {
          ...title,
          left: LEFT,
          top: 8,
          padding: 0,
          itemGap: 6,
          textStyle: { fontSize: 16, color: TEXT },
          subtextStyle: { color: MUTED, fontSize: 12 },
        },
        graphic: [
          {
            type: "text" as const,
            left: LEFT,
            top: 52,
            style: {
              text: "what came to the best member",
              fill: COLOURS[0],
              fontSize: 12,
              fontWeight: "bold" as const,
            },
          },
          {
            type: "text" as const,
            left: LEFT + 230,
            top: 52,
            style: { text: "grey: all members; a dot: copied from another one", fill: MUTED, fontSize: 12 },
          },
        ],
        grid: panels.map((_, i) => ({ left: LEFT, top: top(i), width: width - LEFT - RIGHT, height: HEIGHT })),
        xAxis: panels.map((_, gridIndex) => ({
          ...look,
          gridIndex,
          type: "value" as const,
          min: 0,
          max: end,
          splitLine: { show: false },
          ...(gridIndex === panels.length - 1 && {
            ...{ name: "step", nameLocation: "middle" as const, nameGap: 30, nameTextStyle },
          }),
        })),
        yAxis: panels.map(({ vertical }, gridIndex) => ({ ...vertical.axis, gridIndex })),
        series: panels.flatMap(({ series }, panel) => series(panel)),
      },
    },
    "#ffffff",
  );
}

/** The step that an interval ends at; that before the first is 0. */
const endOf = ({ intervals }: Told, i: number) => intervals[i]?.find(Boolean)?.step ?? 0;

/** The values of a setting: a line that stays for an interval, a dot where the parameters were copied. */
function settingPanel(range: Range, told: Told): Panel {
  const { intervals, lineage } = told;
  const vertical = settingAxis(range);
  const value = (own: Ranked | undefined) => vertical.place(own?.values[range.path] ?? Number.NaN);
  const points = (of: (i: number) => Ranked | undefined): Points =>
    intervals.flatMap((_, i) => [endOf(told, i - 1), endOf(told, i)].map((step) => [step, value(of(i))]));
  const copies = lineage.flatMap((own, i) => {
    return i > 0 && lineage[i - 1]?.model !== own.model ? [[endOf(told, i - 1), value(own)]] : [];
  });
  return {
    vertical,
    series: (panel) => [
      ...(intervals[0] ?? []).map((_, m) =>
        line(
          panel,
          "other",
          points((i) => intervals[i]?.[m]),
        ),
      ),
      line(
        panel,
        "best",
        points((i) => lineage[i]),
      ),
      dotsOf(panel, copies),
    ],
  };
}

/** The figure that members are ranked by, at the end of each interval. */
function figurePanel(by: PbtSettings["by"], told: Told): Panel {
  const { intervals, lineage } = told;
  const shown = (own: Ranked | undefined) => (by === "val_accuracy" ? 100 : 1) * (own?.[by] ?? Number.NaN);
  const vertical = figureAxis(intervals.flat().map(shown), by);
  const points = (of: (i: number) => Ranked | undefined): Points =>
    intervals.map((_, i) => [endOf(told, i), vertical.place(shown(of(i)))]);
  const last = lineage.at(-1);
  const label = {
    formatter: figureText(shown(last), by),
    position: by === "val_loss" ? ("top" as const) : ("bottom" as const),
    align: "right" as const,
    color: COLOURS[0],
    fontSize: 12,
    fontWeight: "bold" as const,
    textBorderColor: "#ffffff",
    textBorderWidth: 3,
    distance: 8,
  };
  const end = last && [last.step, vertical.place(shown(last)) ?? 0];
  return {
    vertical,
    series: (panel) => [
      ...(intervals[0] ?? []).map((_, m) =>
        line(
          panel,
          "other",
          points((i) => intervals[i]?.[m]),
        ),
      ),
      {
        ...line(
          panel,
          "best",
          points((i) => lineage[i]),
        ),
        ...{ symbol: "circle", showSymbol: true, symbolSize: 5 },
        ...(end && { markPoint: { silent: true, symbol: "circle", symbolSize: 1, label, data: [{ coord: end }] } }),
      } as SeriesOption,
    ],
  };
}

function line(panel: number, kind: "best" | "other", data: Points): SeriesOption {
  const isBest = kind === "best";
  return {
    type: "line",
    silent: true,
    showSymbol: false,
    xAxisIndex: panel,
    yAxisIndex: panel,
    z: isBest ? 4 : 2,
    color: isBest ? COLOURS[0] : AXIS,
    lineStyle: { width: isBest ? 2.6 : 1.2, opacity: isBest ? 1 : 0.6 },
    data: data.map((point) => [...point]),
  };
}

function dotsOf(panel: number, data: Points): SeriesOption {
  const at = { xAxisIndex: panel, yAxisIndex: panel, z: 5 };
  const itemStyle = { color: "#ffffff", borderColor: COLOURS[0], borderWidth: 2 };
  return { type: "scatter", silent: true, symbolSize: 8, ...at, itemStyle, data: data.map((point) => [...point]) };
}

const figureText = (figure: number, by: PbtSettings["by"]) =>
  by === "val_loss" ? figure.toPrecision(3) : `${figure.toFixed(2)} %`;
