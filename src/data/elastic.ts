import { type Augment, type AugmentKey, augmentBits, eitherSide, type ImageSize, type Point } from "./augment.ts";

/** How the nodes of the elastic displacement lie: `spacing` pixels apart, beginning one before the image. */
export interface NodeGrid {
  readonly spacing: number;
  readonly columns: number;
  readonly lines: number;
}

/** The nodes that an image needs so that the cubic B-spline over them smooths like a Gaussian of deviation `sigma`. */
export function nodeGrid(sigma: number, { width, height }: ImageSize): NodeGrid {
  const spacing = Math.sqrt(3) * sigma;
  const along = (pixels: number) => Math.ceil((pixels - 1) / spacing) + 4;
  return { spacing, columns: along(width), lines: along(height) };
}

/** The elastic displacement [height * width] of a sample in a step. */
export function drawElastic(augment: Augment, key: AugmentKey, size: ImageSize): readonly Point[] {
  const { spacing, columns, lines } = nodeGrid(augment.elastic_sigma, size);
  const range = (augment.elastic * Math.sqrt(3) * 315) / 151;
  const nodes = Array.from({ length: columns * lines }, (_, i): Point => {
    const [x, y] = augmentBits(key, "elastic", key.sample * columns * lines + i);
    return [eitherSide(x, range), eitherSide(y, range)];
  });
  return Array.from({ length: size.width * size.height }, (_, pixel): Point => {
    const place = [pixel % size.width, Math.floor(pixel / size.width)].map((at) => at / spacing) as unknown as Point;
    let [dx, dy] = [0, 0];
    for (let j = 0; j < 4; j++) {
      for (let i = 0; i < 4; i++) {
        const [column, line] = [Math.floor(place[0]) + i, Math.floor(place[1]) + j];
        // Node n lies at place n - 1.
        const weight = spline(place[0] - (column - 1)) * spline(place[1] - (line - 1));
        const [x, y] = nodes[line * columns + column] as Point;
        dx += weight * x;
        dy += weight * y;
      }
    }
    return [dx, dy];
  });
}

/** The cubic B-spline with nodes at whole numbers. */
function spline(x: number): number {
  const distance = Math.abs(x);
  if (distance < 1) return 2 / 3 - distance ** 2 + distance ** 3 / 2;
  return distance < 2 ? (2 - distance) ** 3 / 6 : 0;
}
