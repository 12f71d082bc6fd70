import type { Profile } from "../../compare/profile.ts";
import { LABEL_PITCH, labelRoom, lineLabels } from "./labels.ts";
import { AXIS_LOOK, BASE, type Chart, lookOf } from "./theme.ts";

const [WIDTH, HEIGHT, LEFT, TOP, BOTTOM] = [860, 300, 56, 36, 52];

/**
 * Performance profiles as steps: the share of problems that a contender solves within tau times the best.
 * @param unit of the costs: steps, seconds
 */
export function profileChart({ tau, lines }: Profile, places: ReadonlyMap<string, number>, unit: string): Chart {
  const width = WIDTH - LEFT - labelRoom(lines.map(({ contender }) => contender));
  const height = Math.max(HEIGHT, LABEL_PITCH * lines.length);
  // Lines that end alike are named in the order of their scores.
  const drawn = lines
    .toSorted((a, b) => b.score - a.score)
    .map(({ contender, points }) => {
      const last = points.at(-1)?.[1] ?? 0;
      return { contender, look: lookOf(places.get(contender) ?? 0), points: [...points, [tau, last] as const], last };
    });
  return {
    width: WIDTH,
    height: TOP + height + BOTTOM,
    option: {
      ...BASE,
      grid: { left: LEFT, top: TOP, width, height },
      xAxis: {
        ...AXIS_LOOK,
        type: "value",
        min: 1,
        max: tau,
        name: `times the fewest ${unit} of any`,
        nameLocation: "middle",
        nameGap: 30,
      },
      yAxis: {
        ...AXIS_LOOK,
        type: "value",
        min: 0,
        max: 1.04,
        interval: 0.25,
        name: "share of problems solved",
        nameGap: 14,
        nameTextStyle: { ...AXIS_LOOK.nameTextStyle, align: "left", padding: [0, 0, 0, -LEFT + 8] },
        axisLabel: { ...AXIS_LOOK.axisLabel, showMaxLabel: false },
      },
      series: drawn.map(({ look, points }) => ({
        type: "line" as const,
        step: "end" as const,
        silent: true,
        color: look.colour,
        lineStyle: { width: 2.4, type: look.dash },
        symbol: "none",
        data: points.map((point) => [...point]),
      })),
      graphic: lineLabels(
        drawn.map(({ contender, look, last }) => ({ label: contender, look, y: height * (1 - last / 1.04) })),
        { left: LEFT + width, top: TOP, height },
      ),
    },
  };
}
