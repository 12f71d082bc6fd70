import { PURPOSE, random4, type Words } from "./random.ts";

/** Uniform in (0, 1), with 52 random bits. */
const uniform = (a: number, b: number) => ((a >>> 6) * 2 ** 26 + (b >>> 6) + 0.5) / 2 ** 52;

/**
 * The logarithm of a Gamma(shape, 1) number, which may be too small itself: Marsaglia and Tsang 2000, "A Simple Method for
 * Generating Gamma Variables", with their way to shapes below 1.
 * @param draw random words, others at each call
 */
function logGamma(shape: number, draw: () => Words): number {
  const d = shape + 1 - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  const [a, b] = draw();
  const lift = Math.log(uniform(a, b)) / shape;
  while (true) {
    const [e, f, g, h] = draw();
    const [k, l] = draw();
    const normal = Math.sqrt(-2 * Math.log(uniform(e, f))) * Math.cos(2 * Math.PI * uniform(g, h));
    const v = (1 + c * normal) ** 3;
    if (v > 0 && Math.log(uniform(k, l)) < normal ** 2 / 2 + d - d * v + d * Math.log(v)) {
      return Math.log(d * v) + lift;
    }
  }
}

/**
 * Mixup's share of a sample itself: Beta(alpha, alpha), a function of seed and step.
 * @param step the optimizer step, from 0
 * @returns 0 to 1
 */
export function mixupShare(alpha: number, seed: number, step: number): number {
  let index = 0;
  const draw = () => random4(seed, PURPOSE.mixup, step, index++);
  const [own, other] = [logGamma(alpha, draw), logGamma(alpha, draw)];
  return 1 / (1 + Math.exp(other - own));
}
