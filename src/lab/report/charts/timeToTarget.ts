import type { SeriesOption } from "echarts";
import { type ContenderSummary, percentText } from "../../compare/summary.ts";
import { shorten } from "./labels.ts";
import { shortNumber } from "./scales.ts";
import { AXIS_LOOK, BASE, type Chart, lookOf, MUTED, TEXT } from "./theme.ts";
import { whiskers } from "./whisker.ts";

const [WIDTH, LEFT, RIGHT, TOP, ROW, BOTTOM, GAP] = [860, 150, 84, 40, 30, 48, 96];

/**
 * Bars of the steps or seconds to each target that any seed reached: mean over the seeds that came there, deviation as a
 * whisker. A bar is open where not all of them did, and says how many.
 * @param summaries of one workload
 * @param places of contenders in the list of all
 */
export function timeToTarget(
  summaries: readonly ContenderSummary[],
  places: ReadonlyMap<string, number>,
  unit: "steps" | "seconds",
): Chart {
  const shown = (summaries[0]?.targets ?? []).flatMap(({ target }, i) =>
    summaries.some(({ targets: own }) => (own[i]?.reached ?? 0) > 0) ? [{ target, i }] : [],
  );
  const count = shown.length;
  const width = (WIDTH - LEFT - RIGHT - (count - 1) * GAP) / Math.max(1, count);
  const height = ROW * summaries.length;
  const left = (panel: number) => LEFT + panel * (width + GAP);
  const most = Math.max(0, ...summaries.flatMap(({ targets: own }) => own.map((t) => endOf(t[unit]))));
  const colourOf = (contender: string) => lookOf(places.get(contender) ?? 0).colour;
  return {
    width: WIDTH,
    height: TOP + height + BOTTOM,
    option: {
      ...BASE,
      title: shown.map(({ target }, panel) => ({
        text: `${unit} to ${percentText(target)} % test accuracy`,
        left: left(panel),
        top: 8,
        padding: 0,
        textStyle: { fontSize: 13, fontWeight: 600, color: TEXT },
      })),
      grid: shown.map((_, panel) => ({ left: left(panel), top: TOP, width, height })),
      xAxis: shown.map((_, gridIndex) => ({
        ...AXIS_LOOK,
        gridIndex,
        type: "value" as const,
        min: 0,
        max: most || 1,
        splitNumber: 4,
        axisLabel: { ...AXIS_LOOK.axisLabel, formatter: shortNumber, showMaxLabel: false },
      })),
      yAxis: shown.map((_, gridIndex) => ({
        ...AXIS_LOOK,
        gridIndex,
        type: "category" as const,
        inverse: true,
        data: summaries.map(({ contender }) => shorten(contender, 22)),
        axisLabel: { ...AXIS_LOOK.axisLabel, show: gridIndex === 0, color: TEXT, interval: 0, hideOverlap: false },
        splitLine: { show: false },
      })),
      series: shown.flatMap(({ i }, panel): SeriesOption[] => {
        const cells = summaries.map(({ contender, targets: own }, row) => ({
          contender,
          row,
          result: own[i],
          value: own[i]?.[unit],
        }));
        return [
          {
            type: "bar",
            xAxisIndex: panel,
            yAxisIndex: panel,
            silent: true,
            barWidth: "58%",
            data: cells.map(({ contender, result, value }) => ({
              value: value?.mean ?? 0,
              // Open where not all seeds came there: the mean is of those that did.
              itemStyle:
                value && result && result.reached < result.of
                  ? { color: "transparent", borderColor: colourOf(contender), borderWidth: 2, borderType: [4, 2] }
                  : { color: colourOf(contender) },
              label: {
                show: true,
                position: "right",
                distance: 8 + (value && most > 0 ? (value.deviation / most) * width : 0),
                color: value ? TEXT : MUTED,
                fontSize: 12,
                formatter: () => {
                  if (!value || !result) return "not reached";
                  const all = result.reached < result.of ? `  ${result.reached}/${result.of}` : "";
                  return `${shortNumber(value.mean)}${all}`;
                },
              },
            })),
          },
          whiskers(
            cells.flatMap(({ row, value }) =>
              value && value.deviation > 0
                ? [
                    {
                      row,
                      low: Math.max(0, value.mean - value.deviation),
                      high: value.mean + value.deviation,
                      colour: TEXT,
                    },
                  ]
                : [],
            ),
            { grid: panel, size: 4 },
          ),
        ];
      }),
    },
  };
}

const endOf = (value: { mean: number; deviation: number } | undefined) => (value ? value.mean + value.deviation : 0);
