/**
 * A drawing as MNIST has its digits: the ink's bounding box scaled to 20 pixels along its longer side, then moved by whole
 * pixels so that its centre of mass comes nearest to the middle of pixel (14, 14) of 28 x 28, where MNIST's files have it.
 * Source: LeCun, Cortes and Burges, The MNIST Database of Handwritten Digits.
 */

export const DIGIT_SIZE = 28;
const BOX = 20;
const CENTRE = 14.5;

/** Greys [height, width], 0 paper to 255 ink. */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly greys: Uint8Array | Uint8ClampedArray;
}

/** u8 [28, 28]; undefined where nothing is drawn. */
export function asDigit({ width, height, greys }: Drawing): Uint8Array<ArrayBuffer> | undefined {
  let [left, right, top, bottom] = [width, -1, height, -1];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if ((greys[y * width + x] ?? 0) === 0) continue;
      [left, right] = [Math.min(left, x), Math.max(right, x)];
      [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
    }
  }
  if (right < 0) return undefined;
  const scale = BOX / Math.max(right - left + 1, bottom - top + 1);
  const greyAt = (x: number, y: number) =>
    x < 0 || y < 0 || x >= width || y >= height ? 0 : (greys[y * width + x] ?? 0);
  let [mass, massX, massY] = [0, 0, 0];
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      const grey = greyAt(x, y);
      mass += grey;
      massX += grey * (x + 0.5);
      massY += grey * (y + 0.5);
    }
  }
  // Where the box's corner comes to lie.
  const cornerX = Math.round(CENTRE - (massX / mass - left) * scale);
  const cornerY = Math.round(CENTRE - (massY / mass - top) * scale);
  // Each pixel of the digit is the mean of its square of the drawing, taken at as many points as the square has pixels.
  const points = Math.max(1, Math.ceil(1 / scale));
  const digit = new Uint8Array(DIGIT_SIZE * DIGIT_SIZE);
  for (let y = 0; y < DIGIT_SIZE; y++) {
    for (let x = 0; x < DIGIT_SIZE; x++) {
      let sum = 0;
      for (let v = 0; v < points; v++) {
        for (let u = 0; u < points; u++) {
          const fromX = left + (x - cornerX + (u + 0.5) / points) / scale;
          const fromY = top + (y - cornerY + (v + 0.5) / points) / scale;
          sum += bilinear(greyAt, fromX - 0.5, fromY - 0.5);
        }
      }
      digit[y * DIGIT_SIZE + x] = Math.round(sum / points ** 2);
    }
  }
  return digit;
}

function bilinear(greyAt: (x: number, y: number) => number, x: number, y: number): number {
  const [x0, y0] = [Math.floor(x), Math.floor(y)];
  const [fx, fy] = [x - x0, y - y0];
  const upper = greyAt(x0, y0) * (1 - fx) + greyAt(x0 + 1, y0) * fx;
  const lower = greyAt(x0, y0 + 1) * (1 - fx) + greyAt(x0 + 1, y0 + 1) * fx;
  return upper * (1 - fy) + lower * fy;
}
