import { uniform01, type Words } from "./random.ts";

/** Normal numbers in f64; `shaders/lib/normal.wgsl` does the same from the same random words. */

/** Cosine and sine of an angle in degrees, exact at multiples of 90. */
export function cosSin(degrees: number): readonly [number, number] {
  const quarter = Math.round(degrees / 90);
  const r = ((degrees - 90 * quarter) * Math.PI) / 180;
  const [c, s] = [Math.cos(r), Math.sin(r)];
  return (
    [
      [c, s],
      [-s, c],
      [-c, -s],
      [s, -c],
    ] as const
  )[quarter & 3] as readonly [number, number];
}

/** Four standard normal numbers of four random words, by Box and Muller. */
export function normal4([a, b, c, d]: Words): readonly number[] {
  return [...boxMuller(a, b), ...boxMuller(c, d)];
}

function boxMuller(a: number, b: number): readonly number[] {
  const radius = Math.sqrt(-2 * Math.log(1 - uniform01(a)));
  return cosSin(360 * uniform01(b)).map((one) => radius * one);
}
