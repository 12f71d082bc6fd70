/**
 * Reproducible random numbers for tests: mulberry32, good enough to fill matrices and nothing the product uses.
 *
 * @returns a function that gives the next number, uniform in [0, 1).
 */
export function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `size` numbers uniform in [-scale, scale), each exact in float32, so that a GPU starts from the very same ones. */
export function uniform(size: number, seed: number, scale = 1): Float64Array {
  const next = mulberry32(seed);
  return Float64Array.from({ length: size }, () => Math.fround((2 * next() - 1) * scale));
}

/** `size` integers uniform in 0 ... `below` - 1. */
export function integers(size: number, seed: number, below: number): Uint32Array {
  const next = mulberry32(seed);
  return Uint32Array.from({ length: size }, () => Math.floor(next() * below));
}

/** A permutation of 0 ... `size` - 1 (Fisher-Yates). */
export function permutation(size: number, seed: number): Uint32Array {
  const next = mulberry32(seed);
  const order = Uint32Array.from({ length: size }, (_, i) => i);
  for (let i = size - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    const kept = order[i] as number;
    order[i] = order[j] as number;
    order[j] = kept;
  }
  return order;
}
