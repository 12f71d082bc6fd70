import type { Inspection } from "../protocol.ts";
import { h } from "./dom.ts";
import { greyImage } from "./pixels.ts";

/** The confusion matrix, and the digits whose true class was given the least probability. */
export function showConfusion({ counts, accuracy, wrong }: Extract<Inspection, { view: "confusion" }>): Node[] {
  const classes = counts.map((_, k) => k);
  const most = Math.max(1, ...counts.flatMap((row, label) => row.filter((_, guess) => guess !== label)));
  const matrix = h(
    "table",
    { className: "confusion" },
    h(
      "caption",
      {},
      `${(100 * accuracy).toFixed(2)} % of the test digits are right. Rows: what they are; columns: what they are taken for.`,
    ),
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        h("td", {}),
        classes.map((k) => h("th", { scope: "col" }, k)),
      ),
    ),
    h(
      "tbody",
      {},
      counts.map((row, label) =>
        h(
          "tr",
          {},
          h("th", { scope: "row" }, label),
          row.map((count, guess) =>
            h(
              "td",
              {
                className: guess === label ? "hit" : count === 0 ? "none" : "miss",
                vars: { "--share": guess === label ? "0" : (count / most).toFixed(3) },
              },
              count === 0 ? "·" : count,
            ),
          ),
        ),
      ),
    ),
  );
  const samples = wrong.map(({ greys, label, guess, confidence }) =>
    h(
      "figure",
      { className: "sample" },
      greyImage(greys, 28, 28, `a ${label}, taken for a ${guess}`),
      h(
        "figcaption",
        {},
        h("b", {}, label),
        ` as ${guess}`,
        h("span", { className: "help" }, `${Math.round(100 * (confidence ?? 0))} %`),
      ),
    ),
  );
  return [
    h(
      "div",
      { className: "mistakes" },
      h(
        "div",
        { className: "scroll", attrs: { tabindex: "0", role: "region", "aria-label": "Confusion matrix" } },
        matrix,
      ),
      h("div", {}, h("h3", {}, "Most wrong"), h("div", { className: "samples" }, samples)),
    ),
  ];
}
