import { PURPOSE, random4 } from "./random.ts";

/**
 * The order in which an epoch visits its samples: a permutation of 0..count-1 made of nothing but (seed, epoch), each
 * position on its own. A Feistel network permutes the 2^(2 half) >= count values; from a value of count or more it is
 * applied again until one below comes (cycle walking: Black & Rogaway, "Ciphers with arbitrary finite domains", CT-RSA
 * 2002). `shaders/data/shuffle.wgsl` gives the same numbers.
 */

/** The largest number of samples that can be shuffled. */
export const MAX_SAMPLES = 2 ** 31;

const ROUNDS = 8;

// Walking through a larger domain hides that Feistel permutations are all even, which shows over many seeds in sets of 4 to 7.
const MIN_HALF = 4;

/**
 * The sample at one position of an epoch.
 * @param seed 0..2^32-1
 * @param epoch from 0
 * @param position 0..count-1
 * @param count samples in the data set, 1..2^31
 * @throws RangeError for a position outside the epoch, or a count outside its range
 */
export function shuffledIndex(seed: number, epoch: number, position: number, count: number): number {
  if (!Number.isInteger(count) || count < 1 || count > MAX_SAMPLES) {
    throw new RangeError(`cannot shuffle ${count} samples; the count must be a whole number from 1 to ${MAX_SAMPLES}`);
  }
  if (!Number.isInteger(position) || position < 0 || position >= count) {
    throw new RangeError(`position ${position} is outside an epoch of ${count} samples`);
  }
  const half = Math.max((33 - Math.clz32(count - 1)) >>> 1, MIN_HALF);
  const mask = 2 ** half - 1;
  let index = position;
  do {
    let left = index >>> half;
    let right = index & mask;
    for (let round = 0; round < ROUNDS; round++) {
      const mixed = random4(seed, PURPOSE.shuffle, epoch, (round << 16) | right)[0] >>> (32 - half);
      [left, right] = [right, left ^ mixed];
    }
    index = ((left << half) | right) >>> 0;
  } while (index >= count);
  return index;
}

/** A part of one epoch's order, or of several in a row. */
export interface OrderRange {
  /** Samples in the data set. */
  readonly count: number;
  /** Positions that an epoch uses: `count` unless given, fewer where it drops an incomplete last batch. */
  readonly epochLength?: number;
  /** Epoch of the first position, from 0. */
  readonly epoch: number;
  /** Its position in that epoch, 0..epochLength-1; 0 unless given. */
  readonly start?: number;
  /** Positions wanted; those beyond the epoch's end belong to the next one. The rest of the epoch unless given. */
  readonly length?: number;
}

/** The sample indices [length] of a range of positions, as the shuffle kernel writes them for one member. */
export function shuffledOrder(seed: number, range: OrderRange): Uint32Array {
  const { count, epochLength = count, epoch, start = 0, length = epochLength - start } = range;
  return Uint32Array.from({ length }, (_, i) => {
    const position = start + i;
    return shuffledIndex(seed, epoch + Math.floor(position / epochLength), position % epochLength, count);
  });
}
