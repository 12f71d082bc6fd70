import { labelBytes, type Split } from "./dataset.ts";

/** The values that a split's samples are to be told as, standardised: f32 [count, ceil4(values)]. */
export function valuesOf(split: Split): Float32Array {
  const { labels, count } = split;
  // A copy where the bytes begin at no multiple of 4.
  const { buffer, byteOffset } = byteAligned(labels) ? labels : labels.slice();
  return new Float32Array(buffer, byteOffset, (count * labelBytes(split)) / 4);
}

const byteAligned = ({ byteOffset }: Uint8Array) => byteOffset % 4 === 0;

/** The values' variance about their own means, mean over the outputs: what is left to tell where only the means are known. */
export function varianceOf(split: Split): number {
  const { count, values = 0 } = split;
  const told = valuesOf(split);
  const stride = labelBytes(split) / 4;
  let total = 0;
  for (let c = 0; c < values; c++) {
    let [mean, squares] = [0, 0];
    for (let row = 0; row < count; row++) mean += (told[row * stride + c] as number) / count;
    for (let row = 0; row < count; row++) squares += ((told[row * stride + c] as number) - mean) ** 2;
    total += squares / count;
  }
  return total / values;
}
