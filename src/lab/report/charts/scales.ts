import { AXIS_LOOK } from "./theme.ts";

/** Ticks of a logarithmic axis within two values above 0: the powers of ten, with 2 and 5 times them where they are few. */
export function logTicks(low: number, high: number): number[] {
  const first = Math.floor(Math.log10(low));
  const powers = Array.from({ length: Math.ceil(Math.log10(high)) - first + 1 }, (_, i) => first + i);
  const within = (steps: readonly number[]) =>
    powers
      .flatMap((power) => steps.map((step) => Number(`${step}e${power}`)))
      .filter((tick) => tick >= low * 0.999 && tick <= high * 1.001);
  const plain = within([1]);
  if (plain.length >= 4) return plain;
  const more = within([1, 2, 5]);
  return more.length >= 3 ? more : within([1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9]);
}

/** An axis for log10 of values between two above 0, which says the values themselves. */
export function logAxis(low: number, high: number, show: (value: number) => string) {
  const ticks = logTicks(low, high).map(Math.log10);
  const { axisLabel, axisTick, splitLine, ...look } = AXIS_LOOK;
  return {
    ...look,
    type: "value" as const,
    min: Math.log10(low),
    max: Math.log10(high),
    axisTick: { ...axisTick, customValues: ticks },
    axisLabel: { ...axisLabel, customValues: ticks, formatter: (value: number) => show(10 ** value) },
    splitLine: { ...splitLine, customValues: ticks },
  };
}

/** The range of a linear axis around values, and its ticks' distance: a handful of round steps, within limits. */
export function niceRange(
  values: readonly number[],
  [least, most]: readonly [number, number],
): { min: number; max: number; interval: number } {
  const finite = values.filter(Number.isFinite);
  const [low, high] = finite.length > 0 ? [Math.min(...finite), Math.max(...finite)] : [least, most];
  const span = Math.max(high - low, Math.abs(high) * 1e-3, 1e-9);
  const power = 10 ** Math.floor(Math.log10(span / 5));
  const interval = ([1, 2, 5, 10].find((step) => 6 * step * power >= span) ?? 10) * power;
  const round = (steps: number) => Number((steps * interval).toPrecision(12));
  const [min, max] = [
    Math.max(least, round(Math.floor(low / interval))),
    Math.min(most, round(Math.ceil(high / interval))),
  ];
  return max > min ? { min, max, interval } : { min: Math.max(least, min - interval), max: min + interval, interval };
}

/** A number with its digits that matter. */
export const shortNumber = (value: number): string =>
  Math.abs(value) >= 1e5 || (value !== 0 && Math.abs(value) < 1e-4)
    ? value.toExponential(0).replace("e+", "e")
    : `${Number(value.toPrecision(3))}`;
