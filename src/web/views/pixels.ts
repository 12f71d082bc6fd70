import { h } from "./dom.ts";

/** Small images on canvases, a pixel of the image a pixel of the canvas; CSS makes them larger. */

/** Greys u8 [height, width], 0 paper to 255 ink, dark on light or the other way as the page is. */
export function greyImage(greys: ArrayLike<number>, width: number, height: number, label: string): HTMLCanvasElement {
  return paint(width, height, label, (i) => {
    const ink = greys[i] ?? 0;
    return [ink, ink, ink];
  });
}

/** Values f32 [height, width] about zero: blue below, white at 0, vermillion above; `reach` is full colour. */
export function signedImage(
  values: ArrayLike<number>,
  width: number,
  height: number,
  reach: number,
  label: string,
): HTMLCanvasElement {
  return paint(width, height, label, (i) => {
    const share = Math.max(-1, Math.min(1, (values[i] ?? 0) / (reach || 1)));
    const [r, g, b] = share < 0 ? [0, 114, 178] : [213, 94, 0];
    const mix = (end: number) => Math.round(255 + (end - 255) * Math.abs(share));
    return [mix(r ?? 0), mix(g ?? 0), mix(b ?? 0)];
  });
}

function paint(
  width: number,
  height: number,
  label: string,
  colour: (i: number) => readonly number[],
): HTMLCanvasElement {
  const canvas = h("canvas", { width, height, className: "pixels", attrs: { role: "img", "aria-label": label } });
  const context = canvas.getContext("2d");
  if (!context) return canvas;
  const image = context.createImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    const [r, g, b] = colour(i);
    image.data.set([r ?? 0, g ?? 0, b ?? 0, 255], 4 * i);
  }
  context.putImageData(image, 0, 0);
  return canvas;
}
