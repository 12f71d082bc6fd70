import type { Dataset, Split } from "../../../src/data/dataset.ts";
import { integers } from "../../reference/random.ts";

const [WIDTH, PIXELS, CLASSES] = [8, 64, 10];

/** Noisy patterns of 8 x 8 pixels, one a class: a network learns them in a few steps, and a rate that is too large shows. */
export function patternDataset(train: number, test: number): Dataset {
  const patterns = integers(CLASSES * PIXELS, 1, 2);
  const split = (count: number, seed: number): Split => {
    const labels = Uint8Array.from(integers(count, seed, CLASSES));
    const noise = integers(count * PIXELS, seed + 1, 256);
    const images = Uint8Array.from(noise, (grey, i) => {
      const label = labels[Math.floor(i / PIXELS)] as number;
      return grey % 2 === 0 ? grey : 255 * (patterns[label * PIXELS + (i % PIXELS)] as number);
    });
    return { images, labels, count, width: WIDTH, height: WIDTH, rowBytes: PIXELS, classes: CLASSES };
  };
  return { name: "patterns", train: split(train, 2), test: split(test, 4) };
}
