import { encode } from "fast-png";
import type { Split } from "../../data/dataset.ts";

/**
 * A sample as a picture that a page holds within itself, ink black on white paper: a `data:` URI of a PNG.
 * @param sample its place in the split, from 0
 */
export function sampleImage({ images, width, height, rowBytes }: Split, sample: number): string {
  const greys = images.subarray(sample * rowBytes, sample * rowBytes + width * height);
  const png = encode({ width, height, channels: 1, data: greys.map((grey) => 255 - grey) });
  return `data:image/png;base64,${btoa(String.fromCharCode(...png))}`;
}
