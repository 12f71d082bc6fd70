import { h } from "./dom.ts";

/** The widths of the hidden layers: numbers that can be added and taken away. */
export function layersOf(
  hiddenNow: () => readonly number[],
  help: string,
  change: (hidden: (number | string)[]) => string | undefined,
): HTMLElement {
  const hidden = hiddenNow();
  const problem = h("p", { className: "problem", id: "set-hidden-problem", hidden: true });
  const apply = (widths: (number | string)[]) => {
    const fault = change(widths);
    problem.textContent = fault ?? "";
    problem.hidden = fault === undefined;
  };
  const inputs = hidden.map((width, i) => {
    const input = h("input", {
      type: "text",
      inputMode: "numeric",
      id: `set-hidden-${i}`,
      value: String(width),
      autocomplete: "off",
      attrs: {
        "aria-label": `width of hidden layer ${i + 1}`,
        "aria-describedby": "set-hidden-help set-hidden-problem",
      },
    });
    input.addEventListener("change", () => {
      const value = Number(input.value);
      apply(hiddenNow().map((own, at) => (at === i ? (Number.isNaN(value) ? input.value : value) : own)));
    });
    return input;
  });
  const button = (text: string, label: string, act: () => void, disabled = false) =>
    h(
      "button",
      { type: "button", className: "small", disabled, attrs: { "aria-label": label }, on: { click: act } },
      text,
    );
  return h(
    "fieldset",
    { className: "field layers" },
    h("legend", {}, "hidden layers"),
    h(
      "div",
      { className: "layer-row" },
      h("span", { className: "fixed" }, "784"),
      inputs,
      h("span", { className: "fixed" }, "10"),
      button("−", "one layer less", () => apply(hiddenNow().slice(0, -1)), hidden.length === 0),
      button("+", "one layer more", () =>
        apply([...hiddenNow(), Math.max(16, Math.round((hiddenNow().at(-1) ?? 128) / 2))]),
      ),
    ),
    h("p", { className: "help", id: "set-hidden-help" }, help),
    problem,
  );
}
