import { logAxis, niceRange, shortNumber } from "../report/charts/scales.ts";
import { AXIS_LOOK } from "../report/charts/theme.ts";
import type { PbtSettings } from "./pbt.ts";
import type { Range } from "./space.ts";

/** A vertical axis, and where it puts a value. */
export interface Vertical {
  readonly axis: object;
  readonly place: (value: number) => number | null;
}

const nameLook = { ...AXIS_LOOK.nameTextStyle, align: "left" as const, padding: [0, 0, 0, -56] };

/** The axis of a setting is its range. */
export function settingAxis({ path, scale, low, high }: Range): Vertical {
  if (scale === "log") {
    const axis = {
      ...logAxis(low, high, shortNumber),
      name: `${path} (log scale)`,
      nameGap: 12,
      nameTextStyle: nameLook,
    };
    return { axis, place: (value) => (value > 0 ? Math.log10(value) : null) };
  }
  const room = 0.04 * (high - low);
  return { axis: linear(low - room, high + room, path), place: finite };
}

/** Losses have a logarithmic axis; diverged members do not squeeze the others. */
export function figureAxis(values: readonly number[], by: PbtSettings["by"]): Vertical {
  const sorted = values.filter(Number.isFinite).toSorted((a, b) => a - b);
  const [least = 0.1, most = 1] = [sorted[0], sorted.at(-1)];
  const name = by === "val_loss" ? "validation loss (log scale)" : "validation accuracy, %";
  if (by === "val_accuracy" || least <= 0) {
    const { min, max, interval } = niceRange(sorted, [
      by === "val_accuracy" ? 0 : Number.NEGATIVE_INFINITY,
      by === "val_accuracy" ? 100 : Number.POSITIVE_INFINITY,
    ]);
    return { axis: { ...linear(min, max, name), interval }, place: finite };
  }
  const [low, high] = [least / 1.15, Math.min(most * 1.1, least * 1000)];
  const axis = { ...logAxis(low, high, shortNumber), name, nameGap: 12, nameTextStyle: nameLook };
  return { axis, place: (value) => (value > 0 && value <= high ? Math.log10(value) : null) };
}

function linear(min: number, max: number, name: string) {
  const { axisLabel, splitLine, ...look } = AXIS_LOOK;
  const rest = { ...look, splitLine: { ...splitLine, showMinLine: false, showMaxLine: false } };
  const label = { ...axisLabel, showMinLabel: false, showMaxLabel: false, formatter: shortNumber };
  return { ...rest, type: "value" as const, min, max, name, nameGap: 12, nameTextStyle: nameLook, axisLabel: label };
}

const finite = (value: number) => (Number.isFinite(value) ? value : null);
