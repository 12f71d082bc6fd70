import type { BufferSpec } from "../gpu/buffers.ts";
import { type DataShape, quadsOf } from "./dataShape.ts";

/** The buffers of a set of samples: `NAME_images`, and `NAME_labels` with their classes or values. */
export function sampleBuffers(name: string, count: number, data: DataShape): Record<string, BufferSpec> {
  const { inputs, rowBytes, classes, features = "u8", targets } = data;
  const storage = (bytes: number, what: string): BufferSpec => ({ bytes, usage: "storage", what });
  return {
    [`${name}_images`]: storage(count * rowBytes, `${features} [${count}, ${inputs}]`),
    [`${name}_labels`]:
      targets === "values"
        ? storage(16 * count * quadsOf(classes), `targets, f32 [${count}, ${classes}]`)
        : storage(count, `u8 [${count}]`),
  };
}
