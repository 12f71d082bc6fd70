import { PURPOSE, purposeFor, random4, uniform01 } from "../../src/data/random.ts";

/**
 * What dropout multiplies a hidden output by, as the shader has it: a function of seed, step, layer, sample and place.
 * @param layer from 0
 * @param sample its index in the data set
 */
export function dropoutFactor(
  rate: number,
  seed: number,
  step: number,
  { layer, width, sample, column }: Record<"layer" | "width" | "sample" | "column", number>,
): number {
  const index = sample * Math.ceil(width / 4) + Math.floor(column / 4);
  const bits = random4(seed, purposeFor(PURPOSE.dropout, layer), step, index)[column % 4] as number;
  return uniform01(bits) < Math.fround(rate) ? 0 : 1 / (1 - rate);
}
