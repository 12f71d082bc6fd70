/**
 * Random numbers without state: 128 bits that depend on nothing but (seed, purpose, step, index), so that any of them can
 * be had alone, in any order, here or in a shader. `shaders/lib/random.wgsl` gives the same integers.
 */

/** The largest seed; the smallest is 0. */
export const MAX_SEED = 0xffffffff;

/** What a number is for. Two purposes never share a number. The shader has them as `PURPOSE_INIT` and so on. */
export const PURPOSE = { init: 1, shuffle: 2, dropout: 3, augment: 4, noise: 5, mixup: 6 } as const;

/** Four random 32-bit words, each in 0..2^32-1. */
export type Words = readonly [number, number, number, number];

/**
 * A purpose for one of several layers or tensors: the low 8 bits say what the number is for, the bits above for which one.
 * @param instance 0..2^24-1
 */
export function purposeFor(purpose: number, instance: number): number {
  return (purpose | (instance << 8)) >>> 0;
}

/**
 * The hash pcg4d of Jarzynski & Olano, "Hash Functions for GPU Rendering", JCGT 9(3), 2020, listing 4: it mixes four words
 * of key to four words that pass as random. Arguments and results are u32; arithmetic wraps.
 */
export function pcg4d(a: number, b: number, c: number, d: number): Words {
  let x = (Math.imul(a, 1664525) + 1013904223) | 0;
  let y = (Math.imul(b, 1664525) + 1013904223) | 0;
  let z = (Math.imul(c, 1664525) + 1013904223) | 0;
  let w = (Math.imul(d, 1664525) + 1013904223) | 0;
  x = (x + Math.imul(y, w)) | 0;
  y = (y + Math.imul(z, x)) | 0;
  z = (z + Math.imul(x, y)) | 0;
  w = (w + Math.imul(y, z)) | 0;
  x ^= x >>> 16;
  y ^= y >>> 16;
  z ^= z >>> 16;
  w ^= w >>> 16;
  x = (x + Math.imul(y, w)) | 0;
  y = (y + Math.imul(z, x)) | 0;
  z = (z + Math.imul(x, y)) | 0;
  w = (w + Math.imul(y, z)) | 0;
  return [x >>> 0, y >>> 0, z >>> 0, w >>> 0];
}

/**
 * Four random words for one place in a run.
 * @param seed the run's seed, 0..2^32-1
 * @param purpose one of `PURPOSE`, or `purposeFor` of it
 * @param step what changes over time: the optimizer step, or the epoch
 * @param index what changes within it: the element or the sample
 */
export function random4(seed: number, purpose: number, step: number, index: number): Words {
  return pcg4d(seed, purpose, step, index);
}

/** Uniform in [0, 1) from the upper 24 bits of a word: a multiple of 2^-24, exact in f32 too. */
export function uniform01(bits: number): number {
  return (bits >>> 8) * 2 ** -24;
}
