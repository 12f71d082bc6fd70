import { logAxis, shortNumber } from "../report/charts/scales.ts";
import { AXIS_LOOK } from "../report/charts/theme.ts";
import { type Drawn, figureName } from "./figure.ts";
import type { Figure } from "./trials.ts";

/** An axis, and where it puts a value. */
export interface Scale {
  readonly axis: object;
  readonly place: (value: number) => number;
  /** The least and the largest value that it shows. */
  readonly low: number;
  readonly high: number;
}

/** Values that span a decade or more are told apart on a logarithmic scale. */
export function settingScale(values: readonly number[], name: string): Scale {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const look = { name, nameLocation: "middle" as const, nameGap: 30 };
  if (low > 0 && high / low >= 10) {
    const room = (high / low) ** 0.03;
    const [from, to] = [low / room, high * room];
    const axis = { ...logAxis(from, to, shortNumber), ...look, name: `${name} (log scale)` };
    return { axis, place: Math.log10, low: from, high: to };
  }
  const room = 0.03 * (high - low || 1);
  const [min, max] = [low - room, high + room];
  const { axisLabel, ...rest } = AXIS_LOOK;
  const label = { ...axisLabel, showMinLabel: false, showMaxLabel: false, formatter: shortNumber };
  return {
    axis: { ...rest, ...look, type: "value", min, max, axisLabel: label },
    place: (x) => x,
    low: min,
    high: max,
  };
}

/** The figure's axis: accuracy in per cent, or loss on a logarithmic scale. Diverged runs do not squeeze the others. */
export function figureScale(drawn: readonly Drawn[], by: Figure): Scale {
  const values = drawn.flatMap(({ figure, seeds }) => [figure, ...seeds]).filter(Number.isFinite);
  const sorted = values.toSorted((a, b) => a - b);
  const [least = 0.1, most = 1, middle = 0.5] = [sorted[0], sorted.at(-1), sorted[Math.floor(sorted.length / 2)]];
  const nameTextStyle = { ...AXIS_LOOK.nameTextStyle, align: "left" as const, padding: [0, 0, 0, -48] };
  const look = { nameTextStyle, nameGap: 14 };
  if (by === "val_accuracy" || least <= 0) {
    const room = 0.06 * (most - least || 1);
    const [min, max] = [Math.floor(least - room), by === "val_accuracy" ? Math.min(100, most + room) : most + room];
    const { axisLabel, ...rest } = AXIS_LOOK;
    const label = { ...axisLabel, showMinLabel: min === 0, showMaxLabel: false, formatter: shortNumber };
    const axis = { ...rest, ...look, type: "value", name: figureName(by), min, max, axisLabel: label };
    return { axis, place: (y) => y, low: min, high: max };
  }
  const [low, high] = [least / 1.3, 1.1 * Math.min(most, Math.max(8 * least, 2 * middle))];
  const axis = { ...logAxis(low, high, shortNumber), ...look, name: `${figureName(by)} (log scale)` };
  return { axis, place: (y) => Math.log10(y), low, high };
}
