import type { Inspection } from "../protocol.ts";
import { h } from "./dom.ts";
import { greyImage, signedImage } from "./pixels.ts";

type Of<V extends Inspection["view"]> = Extract<Inspection, { view: V }>;

/** The first layer's weights, an image a unit; each image's own largest weight has full colour. */
export function showWeights({ units, width, height, weights }: Of<"weights">): Node[] {
  const images = Array.from({ length: units }, (_, unit) => {
    const own = weights.subarray(unit * width * height, (unit + 1) * width * height);
    let reach = 0;
    for (const value of own) reach = Math.max(reach, Math.abs(value));
    return signedImage(own, width, height, reach, `weights of unit ${unit + 1}`);
  });
  return [h("div", { className: "tiles" }, images)];
}

/** Rows of images: the unchanged one first, then as the first steps change it. */
export function showAugmented({ rows, changes }: Of<"augment">): Node[] {
  const size = 28;
  const lines = rows.map((images, row) =>
    h(
      "div",
      { className: "tiles augmented" },
      images.map((greys, i) =>
        greyImage(greys, size, size, i === 0 ? `image ${row + 1}` : `image ${row + 1}, changed`),
      ),
    ),
  );
  const note = h("p", { className: "help" }, "This run changes no images: give it shift, rotate or others under Data.");
  return changes ? lines : [note, ...lines];
}
