import type { Split } from "./dataset.ts";
import { shuffledOrder } from "./order.ts";

/** An epoch that no run comes to: what is held out has nothing to do with the order of training. */
const EPOCH = 0xffffffff;

/**
 * Holds samples out of a split, so that each class has the same share of both parts, to the nearest sample. Which ones
 * depends on the seed alone; in either part they keep their order.
 * @param count how many to hold out, 1..split.count - 1
 * @throws RangeError for another count
 */
export function holdOut(split: Split, count: number, seed: number): { rest: Split; held: Split } {
  if (!Number.isInteger(count) || count < 1 || count >= split.count) {
    throw new RangeError(
      `cannot hold ${count} of ${split.count} samples out; give a whole number from 1 to ${split.count - 1}`,
    );
  }
  const room = quotas(split, count);
  const isHeld = new Uint8Array(split.count);
  for (const sample of shuffledOrder(seed, { count: split.count, epoch: EPOCH })) {
    const label = split.labels[sample] as number;
    if ((room[label] as number) > 0) {
      room[label] = (room[label] as number) - 1;
      isHeld[sample] = 1;
    }
  }
  return { rest: pick(split, isHeld, 0, split.count - count), held: pick(split, isHeld, 1, count) };
}

/** Samples to take of each class, `count` in all: the largest remainders are rounded up. */
function quotas({ labels, count: total, classes }: Split, count: number): number[] {
  const sizes = new Array<number>(classes).fill(0);
  for (const label of labels.subarray(0, total)) sizes[label] = (sizes[label] as number) + 1;
  const shares = sizes.map((size) => (size * count) / total);
  const rounded = shares.map(Math.floor);
  const missing = count - rounded.reduce((sum, value) => sum + value, 0);
  const remainder = (label: number) => (shares[label] as number) - (rounded[label] as number);
  const order = shares.map((_, label) => label).sort((a, b) => remainder(b) - remainder(a) || a - b);
  for (const label of order.slice(0, missing)) rounded[label] = (rounded[label] as number) + 1;
  return rounded;
}

function pick(split: Split, isHeld: Uint8Array, which: 0 | 1, count: number): Split {
  const { rowBytes } = split;
  const images = new Uint8Array(count * rowBytes);
  const labels = new Uint8Array(count);
  let at = 0;
  for (let sample = 0; sample < split.count; sample++) {
    if (isHeld[sample] !== which) continue;
    images.set(split.images.subarray(sample * rowBytes, (sample + 1) * rowBytes), at * rowBytes);
    labels[at] = split.labels[sample] as number;
    at++;
  }
  return { ...split, images, labels, count };
}
