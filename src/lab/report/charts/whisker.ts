import type { SeriesOption } from "echarts";
import { PAPER } from "./theme.ts";

/** A horizontal line with ends, from `low` to `high` at a row of a category axis. */
export interface Whisker {
  readonly row: number;
  readonly low: number;
  readonly high: number;
  readonly colour: string;
}

/**
 * Whiskers as a series of a grid whose y axis has categories.
 * @param place the grid, half a whisker's height, and how far below a row's middle it lies, in pixels
 */
export function whiskers(
  all: readonly Whisker[],
  { grid = 0, size = 5, offset = 0 }: { grid?: number; size?: number; offset?: number } = {},
): SeriesOption {
  return {
    type: "custom",
    xAxisIndex: grid,
    yAxisIndex: grid,
    silent: true,
    z: 4,
    data: all.map(({ low, high, row }) => [low, high, row]),
    encode: { x: [0, 1], y: 2 },
    renderItem: (params, api) => {
      const own = all[params.dataIndex] as Whisker;
      const [left = 0, middle = 0] = api.coord([own.low, own.row]);
      const [right = 0] = api.coord([own.high, own.row]);
      const y = middle + offset;
      const lines = [
        { x1: left, y1: y, x2: right, y2: y },
        { x1: left, y1: y - size, x2: left, y2: y + size },
        { x1: right, y1: y - size, x2: right, y2: y + size },
      ];
      const drawn = (stroke: string, lineWidth: number) =>
        lines.map((shape) => ({ type: "line" as const, shape, style: { stroke, lineWidth } }));
      return { type: "group", children: [...drawn(PAPER, 4), ...drawn(own.colour, 1.6)] };
    },
  };
}
