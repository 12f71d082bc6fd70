import { tInterval } from "../../compare/statistics.ts";
import type { ContenderSummary } from "../../compare/summary.ts";
import { shorten } from "./labels.ts";
import { niceRange } from "./scales.ts";
import { AXIS_LOOK, BASE, type Chart, lookOf, TEXT } from "./theme.ts";
import { whiskers } from "./whisker.ts";

const [WIDTH, LEFT, RIGHT, TOP, ROW, BOTTOM] = [860, 150, 72, 16, 34, 48];

/**
 * The final test accuracy of each seed as a dot, the mean's 95 % interval as a whisker, the mean beside it.
 * @param summaries of one workload
 * @param places of contenders in the list of all
 */
export function accuracies(summaries: readonly ContenderSummary[], places: ReadonlyMap<string, number>): Chart {
  const width = WIDTH - LEFT - RIGHT;
  const height = ROW * Math.max(1, summaries.length);
  const rows = summaries.map(({ contender, final_accuracies, final_accuracy }) => {
    const { half } = tInterval(final_accuracies);
    const reach = Number.isFinite(half) ? half : 0;
    const look = lookOf(places.get(contender) ?? 0);
    return { contender, look, values: final_accuracies.map((value) => 100 * value), ...final_accuracy, reach };
  });
  const dots = rows.flatMap(({ values }) => values);
  const range = niceRange(dots, [0, 100]);
  const inside = (share: number) => Math.min(range.max, Math.max(range.min, 100 * share));
  return {
    width: WIDTH,
    height: TOP + height + BOTTOM,
    option: {
      ...BASE,
      grid: { left: LEFT, top: TOP, width, height },
      xAxis: {
        ...AXIS_LOOK,
        type: "value",
        ...range,
        name: "final test accuracy, %: each seed, and the mean's 95 % interval",
        nameLocation: "middle",
        nameGap: 28,
        axisLabel: { ...AXIS_LOOK.axisLabel, formatter: (value: number) => `${Number(value.toFixed(2))}` },
      },
      yAxis: {
        ...AXIS_LOOK,
        type: "category",
        inverse: true,
        data: rows.map(({ contender }) => shorten(contender, 22)),
        axisLabel: { ...AXIS_LOOK.axisLabel, color: TEXT, interval: 0, hideOverlap: false },
      },
      series: [
        ...rows.map(({ values, look }, row) => ({
          type: "scatter" as const,
          silent: true,
          symbol: look.symbol,
          symbolSize: 9,
          symbolOffset: [0, 7],
          itemStyle: { color: look.colour, opacity: 0.75 },
          data: values.map((value) => [value, row]),
        })),
        whiskers(
          rows.map(({ mean, reach }, row) => ({
            row,
            low: inside(mean - reach),
            high: inside(mean + reach),
            colour: TEXT,
          })),
          { offset: -6 },
        ),
        {
          type: "scatter" as const,
          silent: true,
          symbol: "rect",
          symbolSize: [3, 14],
          symbolOffset: [0, -6],
          z: 5,
          itemStyle: { color: TEXT },
          data: rows.map(({ mean }, row) => [100 * mean, row]),
        },
      ],
      graphic: rows.map(({ mean }, row) => ({
        type: "text" as const,
        silent: true,
        x: LEFT + width + 10,
        y: TOP + (row + 0.5) * ROW,
        style: { text: (100 * mean).toFixed(2), fill: TEXT, fontSize: 12, verticalAlign: "middle" as const },
      })),
    },
  };
}
