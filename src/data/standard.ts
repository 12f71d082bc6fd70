/** A column of numbers, and how it is standardised: (value - mean) / deviation. */
export interface Column {
  readonly name: string;
  readonly mean: number;
  /** That of the numbers themselves, not of a sample; 0 where they are all the same. */
  readonly deviation: number;
}

/**
 * Mean and deviation of the numbers that training has.
 * @param file names the file in errors
 * @throws Error where they are too large for that
 */
export function columnFrom(name: string, values: Float64Array, file: string): Column {
  const first = values[0] as number;
  // By comparison: the mean of equal numbers may be off by a rounding, which would look like a deviation.
  if (values.every((value) => value === first)) return { name, mean: first, deviation: 0 };
  const mean = values.reduce((sum, value) => sum + value / values.length, 0);
  // By the largest one, so that squares neither overflow nor vanish.
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value - mean)), 0);
  const square = values.reduce((sum, value) => sum + ((value - mean) / largest) ** 2, 0) / values.length;
  const deviation = largest * Math.sqrt(square);
  if (Number.isFinite(deviation) && deviation > 0) return { name, mean, deviation };
  throw new Error(`${file}: the numbers in column "${name}" differ too much, or too little, to be standardised`);
}

/** A column standardised. What was constant in training says nothing, and is 0 whatever it is now. */
export function standardise({ mean, deviation }: Column, values: Float64Array): Float64Array {
  return values.map((value) => (deviation === 0 ? 0 : (value - mean) / deviation));
}
