import { cosSin, normal4 } from "./normal.ts";
import { PURPOSE, purposeFor, random4, uniform01 } from "./random.ts";

/**
 * How samples are changed at random, and the mathematics of it in f64, image by image. `shaders/data/gather_augmented.wgsl`
 * does the same from the same random integers: keyed on seed, kind, step and the sample's place in the data set.
 */

/** How much samples are changed; 0 is not at all. */
export interface Augment {
  /** Pixels to either side, along each axis. */
  readonly shift: number;
  /** Degrees to either side, about the image's centre. */
  readonly rotate: number;
  /** The size is 1 - scale to 1 + scale. */
  readonly scale: number;
  /** Pixels along x for a pixel along y, to either side. */
  readonly shear: number;
  /** Standard deviation of the elastic displacement along each axis, in pixels. */
  readonly elastic: number;
  /** Deviation of the Gaussian that smooths it, in pixels. */
  readonly elastic_sigma: number;
  /** Standard deviation of normal noise, as a share of the greys' range. */
  readonly noise: number;
  /** Probability that a rectangle is erased. */
  readonly erase: number;
}

/** A kind of change with code of its own on the GPU; the place in this list is its number in the random numbers' key. */
export const AUGMENT_KINDS = ["affine", "elastic", "noise", "erase"] as const;
export type AugmentKind = (typeof AUGMENT_KINDS)[number];

/** The kinds that change anything. */
export function kindsOf({ shift, rotate, scale, shear, ...rest }: Augment): readonly AugmentKind[] {
  const amounts = { ...rest, affine: shift + rotate + scale + shear };
  return AUGMENT_KINDS.filter((kind) => amounts[kind] > 0);
}

/** Which random numbers: those of one sample in one step. */
export interface AugmentKey {
  readonly seed: number;
  readonly step: number;
  /** The sample's place in the data set. */
  readonly sample: number;
}

/** An image's size in pixels. */
export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/** A place or a displacement in an image: pixels along x, and along y downwards. */
export type Point = readonly [x: number, y: number];

/** An affine map about the image's centre: out = centre + shift + scale R(rotate) [1 shear; 0 1] (in - centre). */
export interface Affine {
  readonly shift: Point;
  /** Degrees, clockwise. */
  readonly rotate: number;
  readonly scale: number;
  readonly shear: number;
}

/** A rectangle of columns and lines from `least` to `most` (exclusive). */
export interface Hole {
  readonly least: Point;
  readonly most: Point;
}

/** Four random words of a kind for one place in a sample. */
export const augmentBits = ({ seed, step }: AugmentKey, kind: AugmentKind, index: number) =>
  random4(seed, purposeFor(PURPOSE.augment, AUGMENT_KINDS.indexOf(kind)), step, index >>> 0);
/** Uniform in [-range, range). */
export const eitherSide = (word: number, range: number) => (2 * uniform01(word) - 1) * range;

/** The affine map of a sample in a step, each number uniform in its range. */
export function drawAffine(augment: Augment, key: AugmentKey): Affine {
  const [shiftX, shiftY, rotate, scale] = augmentBits(key, "affine", 2 * key.sample);
  const [shear] = augmentBits(key, "affine", 2 * key.sample + 1);
  return {
    shift: [eitherSide(shiftX, augment.shift), eitherSide(shiftY, augment.shift)],
    rotate: eitherSide(rotate, augment.rotate),
    scale: 1 + eitherSide(scale, augment.scale),
    shear: eitherSide(shear, augment.shear),
  };
}

/** Where in the image a pixel of the changed image comes from. */
export function sourceOf({ shift, rotate, scale, shear }: Affine, [x, y]: Point, { width, height }: ImageSize): Point {
  const [centreX, centreY] = [(width - 1) / 2, (height - 1) / 2];
  const [dx, dy] = [x - centreX - shift[0], y - centreY - shift[1]];
  const [cos, sin] = cosSin(rotate);
  const [u, v] = [(cos * dx + sin * dy) / scale, (cos * dy - sin * dx) / scale];
  return [centreX + u - shear * v, centreY + v];
}

/** Normal numbers [4 * ceil(width * height / 4)] of a sample in a step. */
export function drawNoise(key: AugmentKey, { width, height }: ImageSize): Float64Array {
  const words = Math.ceil((width * height) / 4);
  const normal = Array.from({ length: words }, (_, word) => {
    return normal4(augmentBits(key, "noise", key.sample * words + word));
  });
  return Float64Array.from(normal.flat());
}

/** The rectangle that is erased from a sample in a step, or undefined where none is. */
export function drawHole({ erase }: Augment, key: AugmentKey, { width, height }: ImageSize): Hole | undefined {
  const tries = 10;
  const first = key.sample * (tries + 1);
  if (uniform01(augmentBits(key, "erase", first)[0]) >= erase) return undefined;
  const mix = (least: number, most: number, word: number) => least + (most - least) * uniform01(word);
  for (let i = 1; i <= tries; i++) {
    const [ofArea, ofAspect, ofX, ofY] = augmentBits(key, "erase", first + i);
    const area = width * height * mix(0.02, 0.33, ofArea);
    const aspect = Math.exp(mix(Math.log(0.3), Math.log(3.3), ofAspect));
    const [w, h] = [Math.round(Math.sqrt(area / aspect)), Math.round(Math.sqrt(area * aspect))];
    if (w >= width || h >= height) continue;
    const least = [
      Math.floor(uniform01(ofX) * (width - w + 1)),
      Math.floor(uniform01(ofY) * (height - h + 1)),
    ] as const;
    return { least, most: [least[0] + w, least[1] + h] };
  }
  return undefined;
}
