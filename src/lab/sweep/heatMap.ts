import { shortNumber } from "../report/charts/scales.ts";
import { AXIS_LOOK, MUTED, TEXT } from "../report/charts/theme.ts";
import { type Drawn, figureName, type Panel } from "./figure.ts";
import { figureScale } from "./scales.ts";
import { bestOf } from "./sensitivity.ts";
import type { Figure } from "./trials.ts";

const [LEFT, TOP, BOTTOM, CELL_WIDTH, CELL_HEIGHT] = [84, 96, 64, 64, 44];
/** A figure is at least so wide, for its title. */
const LEAST_WIDTH = 520;
/** Light to dark blue: equal steps in lightness, so that it reads in grey too. */
const SHADES = ["#f1f7fc", "#c6dff0", "#8fc0e0", "#4b97cb", "#0072B2", "#004a78"];

/** The figure over two numbers, a cell a setting; the best one is framed. What was stopped early is in brackets. */
export function heatMap(drawn: readonly Drawn[], x: string, y: string, by: Figure): Panel {
  const sorted = (path: string) => [...new Set(drawn.map(({ values }) => Number(values[path])))].sort((a, b) => a - b);
  const [columns, rows] = [sorted(x), sorted(y)];
  const { low, high, place } = figureScale(drawn, by);
  const best = bestOf(drawn, by);
  const axis = (name: string, values: readonly number[], nameGap: number) => ({
    type: "category" as const,
    data: values.map(shortNumber),
    name,
    nameLocation: "middle" as const,
    nameGap,
    axisLabel: { ...AXIS_LOOK.axisLabel, hideOverlap: false, interval: 0 },
    nameTextStyle: AXIS_LOOK.nameTextStyle,
    axisLine: { show: false },
    axisTick: { show: false },
  });
  const shades = by === "val_loss" ? SHADES.toReversed() : SHADES;
  const shareOf = (figure: number) => {
    const share = (place(Math.min(high, Math.max(low, figure))) - place(low)) / (place(high) - place(low));
    return Number.isFinite(share) ? share : 0;
  };
  const [width, height] = [columns.length * CELL_WIDTH, rows.length * CELL_HEIGHT];
  return {
    width: Math.max(LEAST_WIDTH, LEFT + width + 32),
    height: TOP + height + BOTTOM,
    option: {
      grid: { left: LEFT, top: TOP, width, height },
      xAxis: axis(x, columns, 30),
      yAxis: axis(y, rows, 56),
      graphic: {
        type: "text",
        left: LEFT,
        top: TOP - 24,
        style: { text: `${figureName(by)}; darker is better`, fill: MUTED, fontSize: 12 },
      },
      series: [
        {
          type: "heatmap",
          silent: true,
          // The framed cell last, over its neighbours.
          data: [...drawn.filter((one) => one !== best), ...(best ? [best] : [])].map((one) => {
            const { values, figure, done } = one;
            const share = shareOf(figure);
            const shade = Number.isFinite(figure) ? shadeAt(shades, share) : "#ffffff";
            const isDark = (by === "val_loss" ? 1 - share : share) > 0.55 && Number.isFinite(figure);
            const text = Number.isFinite(figure) ? figure.toPrecision(3) : "diverged";
            return {
              value: [columns.indexOf(Number(values[x])), rows.indexOf(Number(values[y])), share],
              itemStyle: {
                color: shade,
                borderColor: one === best ? "#D55E00" : "#ffffff",
                borderWidth: one === best ? 3 : 1,
              },
              label: {
                show: true,
                formatter: done ? text : `(${text})`,
                color: isDark ? "#ffffff" : TEXT,
                fontSize: text === "diverged" ? 10 : 12,
                fontWeight: one === best ? ("bold" as const) : ("normal" as const),
              },
            };
          }),
        },
      ],
      visualMap: { show: false, min: 0, max: 1, inRange: { color: shades } },
    },
  };
}

/** The colour at a share of the way through a list of them. */
function shadeAt(shades: readonly string[], share: number): string {
  const at = Math.min(shades.length - 1 - 1e-9, share * (shades.length - 1));
  const [from = "", to = ""] = [shades[Math.floor(at)], shades[Math.floor(at) + 1]];
  const channel = (colour: string, i: number) => Number.parseInt(colour.slice(1 + 2 * i, 3 + 2 * i), 16);
  const mixed = [0, 1, 2].map((i) => channel(from, i) + (at - Math.floor(at)) * (channel(to, i) - channel(from, i)));
  return `#${mixed.map((value) => Math.round(value).toString(16).padStart(2, "0")).join("")}`;
}
