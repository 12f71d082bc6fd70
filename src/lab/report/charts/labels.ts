import { FONT, type Look, TEXT } from "./theme.ts";

/** A line that is named at the right edge of a chart. */
export interface LineLabel {
  readonly label: string;
  readonly look: Look;
  /** Where its line ends, in pixels from the top of the plot. */
  readonly y: number;
}

/** Pixels from one label to the next. */
export const LABEL_PITCH = 17;
const SWATCH = 22;

/**
 * Names lines at the right of a plot, each beside its line's end or as near as others allow, with a piece of the line.
 * @param place the plot's right edge, top and height in pixels
 */
export function lineLabels(labels: readonly LineLabel[], place: { left: number; top: number; height: number }) {
  const sorted = labels.toSorted((a, b) => a.y - b.y);
  const ys = spreadOut(
    sorted.map(({ y }) => y),
    place.height,
  );
  return sorted.flatMap(({ label, look }, i) => {
    const [x, y] = [place.left + 10, place.top + (ys[i] as number)];
    const lineDash = look.dash === "solid" ? undefined : look.dash.map((length) => length * 1.1);
    return [
      {
        type: "line" as const,
        silent: true,
        shape: { x1: x, y1: y, x2: x + SWATCH, y2: y },
        style: { stroke: look.colour, lineWidth: 2.4, ...(lineDash && { lineDash }) },
      },
      {
        type: "text" as const,
        silent: true,
        x: x + SWATCH + 6,
        y,
        style: { text: shorten(label), fill: TEXT, fontSize: 12, fontFamily: FONT, verticalAlign: "middle" as const },
      },
    ];
  });
}

/** Places as near to the wanted ones as a pitch between neighbours and the plot's height allow. */
function spreadOut(wanted: readonly number[], height: number): number[] {
  const pitch = Math.min(LABEL_PITCH, height / Math.max(1, wanted.length - 1));
  // Groups of neighbours that touch share their middle, as blocks that push each other apart.
  const groups: { sum: number; count: number }[] = [];
  const top = ({ sum, count }: { sum: number; count: number }) => {
    const span = (count - 1) * pitch;
    return Math.min(Math.max(0, height - span), Math.max(0, sum / count - span / 2));
  };
  for (const y of wanted) {
    let group = { sum: y, count: 1 };
    let before = groups.at(-1);
    while (before && top(before) + before.count * pitch > top(group)) {
      group = { sum: before.sum + group.sum, count: before.count + group.count };
      groups.pop();
      before = groups.at(-1);
    }
    groups.push(group);
  }
  return groups.flatMap((group) => Array.from({ length: group.count }, (_, i) => top(group) + i * pitch));
}

/** A label that fits beside a chart. */
export const shorten = (label: string, most = 26): string =>
  label.length > most ? `${label.slice(0, most - 1)}…` : label;

/** The room that labels at the right take, in pixels; text is about so wide. */
export function labelRoom(labels: readonly string[]): number {
  return 10 + SWATCH + 24 + 7.2 * Math.max(4, ...labels.map((label) => shorten(label).length));
}
