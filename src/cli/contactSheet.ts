/** A picture of greys, u8 [height, width], 0 black. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

const PAPER = 0xff;
const GROUND = 0xc0;
/** Pixels between images, and more of them behind the first column. */
const GAP = 3;
const WIDE_GAP = 12;

/**
 * Images side by side, ink black on white paper: the first column apart from the others.
 * @param rows images u8 [height * width], 0 paper to 255 ink; each row as long as the first
 * @param zoom pixels along each axis for a pixel of an image
 */
export function contactSheet(
  rows: readonly (readonly Uint8Array[])[],
  image: { readonly width: number; readonly height: number },
  zoom: number,
): Picture {
  const columns = rows[0]?.length ?? 0;
  const left = (column: number) => GAP + column * (image.width * zoom + GAP) + (column > 0 ? WIDE_GAP - GAP : 0);
  const top = (row: number) => GAP + row * (image.height * zoom + GAP);
  const [width, height] = [left(columns), top(rows.length)];
  const data = new Uint8Array(width * height).fill(GROUND);
  rows.forEach((images, row) => {
    images.forEach((greys, column) => {
      for (let y = 0; y < image.height * zoom; y++) {
        const line = Math.floor(y / zoom) * image.width;
        const start = (top(row) + y) * width + left(column);
        for (let x = 0; x < image.width * zoom; x++) {
          data[start + x] = PAPER - (greys[line + Math.floor(x / zoom)] as number);
        }
      }
    });
  });
  return { width, height, data };
}
