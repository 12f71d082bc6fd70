import type { EChartsOption } from "echarts";

// Okabe and Ito's colours, which colour-blind readers can tell apart; black is last, as text has it too.
export const COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#24292f"] as const;

// With 7 colours, 4 dashes and 5 symbols no two of the first 28 lines are the same in any two of them.
const DASHES: readonly ("solid" | number[])[] = ["solid", [7, 3], [2, 2], [8, 3, 2, 3]];
const SYMBOLS = ["circle", "rect", "triangle", "diamond", "emptyCircle"] as const;

export const TEXT = "#1f2328";
export const MUTED = "#57606a";
export const AXIS = "#8c959f";
export const GRID = "#eaeef2";
/** The page: what stands over something else has a rim of it. */
export const PAPER = "#fefefe";
export const FONT = "system-ui, -apple-system, 'Segoe UI', sans-serif";

/** How a contender looks in every chart, by its place in the list. */
export interface Look {
  readonly colour: string;
  readonly dash: "solid" | number[];
  readonly symbol: string;
}

export function lookOf(place: number): Look {
  return {
    colour: COLOURS[place % COLOURS.length] as string,
    dash: DASHES[place % DASHES.length] as Look["dash"],
    symbol: SYMBOLS[place % SYMBOLS.length] as string,
  };
}

/** A chart, and the room that it wants in pixels. */
export interface Chart {
  readonly option: EChartsOption;
  readonly width: number;
  readonly height: number;
}

/** What all charts have in common. */
export const BASE = {
  animation: false,
  textStyle: { fontFamily: FONT, color: TEXT },
} satisfies EChartsOption;

/** The look of an axis. */
export const AXIS_LOOK = {
  axisLabel: { color: MUTED, fontSize: 12, hideOverlap: true },
  nameTextStyle: { color: MUTED, fontSize: 12 },
  axisLine: { show: true, onZero: false, lineStyle: { color: AXIS } },
  axisTick: { show: false },
  splitLine: { lineStyle: { color: GRID } },
} as const;
