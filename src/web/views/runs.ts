import type { PageRun, State } from "../model.ts";
import { lookOf, MOST_RUNS, varsOf } from "../palette.ts";
import { PRESETS } from "../presets.ts";
import { labelOf, shorten } from "../shorten.ts";
import { h, throttled } from "./dom.ts";

/** The list of runs: one is selected, and its settings are shown beside. */
export function showRuns(root: HTMLElement, state: State): void {
  const list = h("ul", { className: "run-list" });
  const add = h("button", { type: "button", id: "add-run" }, "Add a run");
  add.addEventListener("click", () => {
    const from = state.selected;
    state.add(from ? shorten(from.recipe) : {});
    list.querySelector<HTMLElement>("[aria-pressed=true]")?.focus();
  });
  const presets = h(
    "select",
    { id: "preset" },
    h("option", { value: "" }, "Begin with…"),
    PRESETS.map(({ name, about }, i) => h("option", { value: String(i), title: about }, name)),
  );
  presets.addEventListener("change", () => {
    const preset = PRESETS[Number(presets.value)];
    presets.value = "";
    if (!preset) return;
    state.replace(preset.runs);
    state.tell({ kind: "info", text: `${preset.name}: ${preset.about}.` });
  });
  root.append(
    h("div", { className: "field" }, h("label", { htmlFor: "preset", className: "unseen" }, "Presets"), presets),
    list,
    add,
  );

  const build = () => {
    const focused = (document.activeElement as HTMLElement | null)?.dataset.key;
    list.replaceChildren(...state.runs.map((run) => itemOf(run, state)));
    if (focused) list.querySelector<HTMLElement>(`[data-key="${focused}"]`)?.focus();
    add.disabled = state.runs.length >= MOST_RUNS;
    update();
  };
  const update = () => {
    for (const run of state.runs) {
      const out = list.querySelector(`[data-figures="${run.id}"]`);
      if (out) out.replaceChildren(...figuresOf(run));
    }
  };
  state.on("runs", build);
  state.on("selection", build);
  state.on("curves", throttled(update, 200));
  build();
}

function itemOf(run: PageRun, state: State): HTMLLIElement {
  const look = lookOf(run.place);
  const { letter } = look;
  const label = labelOf(
    run.recipe,
    state.runs.map(({ recipe }) => recipe),
  );
  const button = (text: string, key: string, act: () => void, hint: string) => {
    const made = h(
      "button",
      {
        type: "button",
        className: "small",
        title: `${hint} ${letter}`,
        attrs: { "aria-label": `${hint} run ${letter}` },
        on: { click: act },
      },
      text,
    );
    made.dataset.key = `${run.id}-${key}`;
    return made;
  };
  const pick = h(
    "button",
    {
      type: "button",
      className: "pick",
      attrs: { "aria-pressed": `${run === state.selected}` },
      on: { click: () => state.select(run.id) },
    },
    h("span", { className: "swatch", attrs: { "aria-hidden": "true" } }, letter),
    h("span", { className: "unseen" }, `Run ${letter}: `),
    h("span", { className: "label" }, label),
  );
  pick.dataset.key = `${run.id}-pick`;
  const figures = h("p", { className: "run-figures" });
  figures.dataset.figures = run.id;
  const isSelected = run === state.selected;
  return h(
    "li",
    { className: `run${isSelected ? " selected" : ""}${run.hidden ? " faded" : ""}`, vars: varsOf(look) },
    pick,
    h(
      "div",
      { className: "run-foot" },
      figures,
      h(
        "div",
        { className: "run-buttons" },
        button(
          run.hidden ? "Show" : "Hide",
          "hide",
          () => state.setHidden(run.id, !run.hidden),
          run.hidden ? "Show" : "Hide",
        ),
        button("Copy", "copy", () => state.add(shorten(run.recipe)), "Copy"),
        button("Remove", "remove", () => state.remove(run.id), "Remove"),
      ),
    ),
    run.message !== undefined && h("p", { className: "run-error" }, run.message),
  );
}

const WORDS: Readonly<Record<PageRun["status"], string>> = {
  new: "at its start",
  opening: "loading",
  ready: "",
  done: "finished",
  failed: "stopped",
  recorded: "from a log",
};

function figuresOf(run: PageRun): Node[] {
  const last = run.history.evaluations.at(-1);
  const parts: Node[] = [];
  if (last) {
    const sorted = [...last.accuracies].sort((a, b) => a - b);
    const [least, most] = [sorted[0] ?? 0, sorted.at(-1) ?? 0];
    const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
    parts.push(h("b", { className: "accuracy" }, `${(100 * mean).toFixed(2)} %`));
    if (sorted.length > 1) parts.push(h("span", {}, `${(100 * least).toFixed(1)} to ${(100 * most).toFixed(1)}`));
  }
  if (run.ensemble !== undefined) parts.push(h("span", {}, `together ${(100 * run.ensemble).toFixed(2)} %`));
  if (run.history.step > 0) {
    parts.push(h("span", {}, `epoch ${(run.history.step / run.stepsPerEpoch).toFixed(1)}`));
  }
  const word = WORDS[run.status];
  if (word) parts.push(h("span", {}, word));
  return parts;
}
