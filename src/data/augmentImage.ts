import {
  type Augment,
  type AugmentKey,
  drawAffine,
  drawHole,
  drawNoise,
  type ImageSize,
  kindsOf,
  type Point,
  sourceOf,
} from "./augment.ts";
import { drawElastic } from "./elastic.ts";

/** The grey of an image [height, width] between its pixels, bilinear; 0 outside. */
export function bilinear(image: ArrayLike<number>, [x, y]: Point, { width, height }: ImageSize): number {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const grey = (i: number, j: number) =>
    i < 0 || j < 0 || i >= width || j >= height ? 0 : (image[j * width + i] as number);
  const across = (j: number) => (1 - (x - left)) * grey(left, j) + (x - left) * grey(left + 1, j);
  return (1 - (y - top)) * across(top) + (y - top) * across(top + 1);
}

/** An image's greys [height * width], 0..255, changed as a step changes that sample. */
export function augmentImage(
  image: ArrayLike<number>,
  size: ImageSize,
  augment: Augment,
  key: AugmentKey,
): Float64Array {
  const kinds = kindsOf(augment);
  const affine = drawAffine(augment, key);
  const moved = kinds.includes("elastic") ? drawElastic(augment, key, size) : undefined;
  const noise = kinds.includes("noise") ? drawNoise(key, size) : undefined;
  const hole = kinds.includes("erase") ? drawHole(augment, key, size) : undefined;
  return Float64Array.from({ length: size.width * size.height }, (_, pixel) => {
    const at: Point = [pixel % size.width, Math.floor(pixel / size.width)];
    const [x, y] = sourceOf(affine, at, size);
    const [dx, dy] = moved?.[pixel] ?? [0, 0];
    const grey = bilinear(image, [x + dx, y + dy], size);
    if (hole && at.every((a, axis) => a >= (hole.least[axis] as number) && a < (hole.most[axis] as number))) return 0;
    return noise ? Math.min(255, Math.max(0, grey + 255 * augment.noise * (noise[pixel] as number))) : grey;
  });
}
