import type { Histogram, Inspection } from "../protocol.ts";
import { h } from "./dom.ts";

const SVG = "http://www.w3.org/2000/svg";

/** Histograms of each layer's weights, gradients and updates. */
export function showLayers({ layers }: Extract<Inspection, { view: "layers" }>): Node[] {
  const rows = layers.map(({ name, shape, weights, gradients, updates }) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, name.replace(".weight", ""), h("span", { className: "help shape" }, shape.join(" × "))),
      cell(weights, `weights of ${name}`),
      cell(gradients, `gradients of ${name}`),
      cell(updates, `updates of ${name}`),
      h("td", { className: "ratio" }, updates ? (updates.rms / weights.rms).toExponential(1) : "–"),
    ),
  );
  const head = ["layer", "weights", "gradients", "updates", "update / weight"];
  const note = h("p", { className: "help" }, "Gradients and updates show once the run takes a step.");
  return [
    ...(layers.some(({ updates }) => updates) ? [] : [note]),
    h(
      "div",
      { className: "scroll", attrs: { tabindex: "0", role: "region", "aria-label": "Histograms" } },
      h(
        "table",
        { className: "histograms" },
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            head.map((text) => h("th", { scope: "col" }, text)),
          ),
        ),
        h("tbody", {}, rows),
      ),
    ),
  ];
}

function cell(histogram: Histogram | undefined, what: string): HTMLElement {
  if (!histogram) return h("td", {}, "–");
  const { counts, reach, rms } = histogram;
  const most = Math.max(1, ...counts);
  const drawing = document.createElementNS(SVG, "svg");
  drawing.setAttribute("viewBox", `0 0 ${counts.length} 20`);
  drawing.setAttribute("preserveAspectRatio", "none");
  drawing.setAttribute("role", "img");
  drawing.setAttribute("aria-label", `${what}: up to ${brief(reach)}, root mean square ${brief(rms)}`);
  // Roots: else the bin at zero hides the others.
  const path = counts.map((count, i) => `M${i} 20h1v${(-20 * Math.sqrt(count / most)).toFixed(2)}h-1z`).join("");
  const shape = document.createElementNS(SVG, "path");
  shape.setAttribute("d", path);
  drawing.append(shape);
  return h("td", {}, drawing, h("span", { className: "help" }, `± ${brief(reach)}, rms ${brief(rms)}`));
}

const brief = (value: number) =>
  value === 0 || (Math.abs(value) >= 0.01 && Math.abs(value) < 1000)
    ? Number(value.toPrecision(2)).toString()
    : value.toExponential(1);
