import type uPlot from "uplot";

/** A tick in as few letters as tell it from the next. */
export function shortly(value: number): string {
  if (value >= 1000) return `${value / 1000}k`;
  return value < 1e-3 ? value.toExponential(0) : String(Number(value.toPrecision(3)));
}

/** Marks of the accuracy's axis. */
export const ACCURACIES = [0, 0.2, 0.5, 0.7, 0.8, 0.9, 0.95, 0.97, 0.98, 0.99, 0.995, 0.998, 0.999, 1];
/** How many powers of ten an accuracy is from 0; 1 itself is drawn where 0.9999 is. */
export const errorOf = (accuracy: number) => -Math.log10(Math.max(1e-4, 1 - accuracy));

/** From the mark below the least value to the mark above the most. */
export const errorRange = (_: uPlot, least: number, most: number): [number, number] => {
  const marks = ACCURACIES.map(errorOf);
  return [
    marks.findLast((mark) => mark <= least) ?? 0,
    marks.find((mark) => mark >= most && mark > least) ?? (marks.at(-1) as number),
  ];
};

/** At most four powers of ten: a rate that ends near 0 must not press all others together. */
export const logRange = (_: uPlot, least: number, most: number): [number, number] => {
  const low = Math.max(least, most * 1e-4);
  return low < most ? [low / 1.15, most * 1.15] : [low / 2, most * 2];
};

/** Of a logarithmic axis the ticks 1, 2 and 5, or the powers of ten alone where there are many. */
export const roundOnly = (_: uPlot, ticks: readonly number[]): (number | null)[] => {
  const isMany = (ticks.at(-1) ?? 1) / (ticks[0] ?? 1) > 150;
  return ticks.map((tick) => {
    const lead = Number((tick / 10 ** Math.floor(Math.log10(tick) + 1e-9)).toPrecision(6));
    return lead === 1 || (!isMany && (lead === 2 || lead === 5)) ? tick : null;
  });
};
