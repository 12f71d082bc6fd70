import type { SeriesOption } from "echarts";
import type { Trial } from "../../compare/records.ts";
import { LABEL_PITCH, labelRoom, lineLabels } from "./labels.ts";
import { logAxis, niceRange, shortNumber } from "./scales.ts";
import { AXIS_LOOK, BASE, type Chart, lookOf } from "./theme.ts";

/** The trials of a contender. */
export interface NamedTrials {
  readonly label: string;
  readonly place: number;
  readonly trials: readonly Trial[];
  /** The chosen rate. */
  readonly lr: number | undefined;
}

const [WIDTH, HEIGHT, LEFT, TOP, BOTTOM] = [860, 320, 56, 36, 52];

/** Accuracy on held out samples against the learning rate; the chosen rate is ringed. */
export function learningRateCurves(all: readonly NamedTrials[]): Chart {
  const drawn = all.flatMap(({ label, place, trials, lr }) => {
    const points = trials.flatMap((trial) =>
      trial.lr === undefined ? [] : [[Math.log10(trial.lr), 100 * trial.val_accuracy] as const],
    );
    return points.length > 0 ? [{ label, look: lookOf(place), points, lr }] : [];
  });
  const rates = drawn.flatMap(({ points }) => points.map(([x]) => x));
  const [least, most] = rates.length > 0 ? [Math.min(...rates), Math.max(...rates)] : [-3, 0];
  const margin = most > least ? 0.04 * (most - least) : 0.5;
  const values = drawn.flatMap(({ points }) => points.map(([, y]) => y));
  const range = niceRange(values, [0, 100]);
  const width = WIDTH - LEFT - labelRoom(drawn.map(({ label }) => label));
  const height = Math.max(HEIGHT, LABEL_PITCH * drawn.length);
  const ends = drawn.map(({ label, look, points }) => ({
    label,
    look,
    y: (height * (range.max - (points.at(-1)?.[1] ?? 0))) / (range.max - range.min),
  }));
  return {
    width: WIDTH,
    height: TOP + height + BOTTOM,
    option: {
      ...BASE,
      grid: { left: LEFT, top: TOP, width, height },
      xAxis: {
        ...logAxis(10 ** (least - margin), 10 ** (most + margin), shortNumber),
        name: "learning rate (log scale)",
        nameLocation: "middle",
        nameGap: 30,
      },
      yAxis: {
        ...AXIS_LOOK,
        type: "value",
        ...range,
        name: "accuracy on held out samples, %",
        nameGap: 14,
        nameTextStyle: { ...AXIS_LOOK.nameTextStyle, align: "left", padding: [0, 0, 0, -LEFT + 8] },
      },
      series: drawn.map(
        ({ look, points, lr }): SeriesOption => ({
          type: "line",
          silent: true,
          color: look.colour,
          lineStyle: { width: 2.2, type: look.dash },
          symbol: look.symbol,
          symbolSize: 6,
          data: points.map((point) => [...point]),
          markPoint: {
            silent: true,
            symbol: "circle",
            symbolSize: 15,
            label: { show: false },
            itemStyle: { color: "transparent", borderColor: look.colour, borderWidth: 2 },
            data: points
              .filter(([x]) => lr !== undefined && Math.abs(x - Math.log10(lr)) < 1e-9)
              .map(([x, y]) => ({ name: "chosen", coord: [x, y] })),
          },
        }),
      ),
      graphic: lineLabels(ends, { left: LEFT + width, top: TOP, height }),
    },
  };
}
