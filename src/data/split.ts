import { labelBytes, type Split } from "./dataset.ts";
import { shuffledOrder } from "./order.ts";

/** An epoch that no run comes to: what is held out has nothing to do with the order of training. */
const EPOCH = 0xffffffff;

/** What is known of samples that some are held out of. */
export interface Labelled {
  readonly count: number;
  /** Of each sample, where they are in classes. */
  readonly labels?: Uint8Array;
  readonly classes?: number;
}

/**
 * Chooses samples to hold out, so that each class has the same share of both parts, to the nearest sample. Which ones depends
 * on the seed alone.
 * @param count how many, 1..samples.count - 1
 * @param epoch whose order they are taken by: one that no run comes to
 * @returns 1 for each that is held out, else 0
 * @throws RangeError for another count
 */
export function chooseHeld(samples: Labelled, count: number, seed: number, epoch = EPOCH): Uint8Array {
  if (!Number.isInteger(count) || count < 1 || count >= samples.count) {
    throw new RangeError(
      `cannot hold ${count} of ${samples.count} samples out; give a whole number from 1 to ${samples.count - 1}`,
    );
  }
  const { labels = new Uint8Array(samples.count), classes = 1 } = samples;
  const room = quotas({ labels, count: samples.count, classes }, count);
  const isHeld = new Uint8Array(samples.count);
  for (const sample of shuffledOrder(seed, { count: samples.count, epoch })) {
    const label = labels[sample] as number;
    if ((room[label] as number) > 0) {
      room[label] = (room[label] as number) - 1;
      isHeld[sample] = 1;
    }
  }
  return isHeld;
}

/**
 * Holds samples out of a split: of each class as many in proportion, and of values any. In either part they keep their order.
 * @param count how many to hold out, 1..split.count - 1
 * @throws RangeError for another count
 */
export function holdOut(split: Split, count: number, seed: number): { rest: Split; held: Split } {
  const isHeld = chooseHeld(split.values ? { count: split.count } : split, count, seed);
  return { rest: pick(split, isHeld, 0, split.count - count), held: pick(split, isHeld, 1, count) };
}

/** Samples to take of each class, `count` in all: the largest remainders are rounded up. */
function quotas({ labels, count: total, classes }: Required<Labelled>, count: number): number[] {
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
  const bytes = labelBytes(split);
  const images = new Uint8Array(count * rowBytes);
  const labels = new Uint8Array(count * bytes);
  let at = 0;
  for (let sample = 0; sample < split.count; sample++) {
    if (isHeld[sample] !== which) continue;
    images.set(split.images.subarray(sample * rowBytes, (sample + 1) * rowBytes), at * rowBytes);
    labels.set(split.labels.subarray(sample * bytes, (sample + 1) * bytes), at * bytes);
    at++;
  }
  return { ...split, images, labels, count };
}
