import type { State } from "../model.ts";
import { membersOf } from "../pageRecipe.ts";
import { lookOf } from "../palette.ts";
import type { Inspection, View } from "../protocol.ts";
import { h } from "./dom.ts";
import { showConfusion } from "./inspectConfusion.ts";
import { showAugmented, showWeights } from "./inspectImages.ts";
import { showLayers } from "./inspectLayers.ts";

/** A way to look into the selected run. */
interface Tab {
  readonly view: View;
  readonly title: string;
  readonly about: string;
}

const TABS: readonly Tab[] = [
  {
    view: "weights",
    title: "First layer",
    about: "what each unit of the first layer looks for: orange adds, blue takes away",
  },
  { view: "layers", title: "Layers", about: "how weights, gradients and updates of each layer spread, after one step" },
  {
    view: "confusion",
    title: "Mistakes",
    about: "which digits of the test set are taken for which, and those that are most wrong",
  },
  { view: "augment", title: "Augmentation", about: "training images as the first steps see them" },
];

/** Tabs with what a person can look into. */
export function showInspection(root: HTMLElement, state: State): void {
  const title = h("h2", { id: "inspect-title" }, "Look inside");
  const tabs = TABS.map(({ view, title }) =>
    h(
      "button",
      {
        type: "button",
        id: `tab-${view}`,
        attrs: { role: "tab", "aria-controls": "inspect-panel" },
        on: { click: () => choose(view) },
      },
      title,
    ),
  );
  const list = h("div", { className: "tabs", attrs: { role: "tablist", "aria-labelledby": "inspect-title" } }, tabs);
  const about = h("p", { className: "help" });
  const members = h("select", { id: "member" });
  const memberBox = h("div", { className: "field member" }, h("label", { htmlFor: "member" }, "member"), members);
  const body = h("div", { className: "inspect-body" });
  const panel = h("div", { id: "inspect-panel", attrs: { role: "tabpanel", tabindex: "0" } }, about, memberBox, body);
  root.append(h("div", { className: "inspect-head" }, title, list), panel);

  const choose = (view: View) => state.watch(state.view === view ? undefined : view, 0);
  members.addEventListener("change", () => state.watch(state.view, Number(members.value)));
  list.addEventListener("keydown", (event) => {
    const moves: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowLeft: -1 };
    const move = moves[event.key];
    if (move === undefined) return;
    const at = TABS.findIndex(({ view }) => view === state.view);
    const next = TABS[(Math.max(0, at) + move + TABS.length) % TABS.length] as Tab;
    if (next.view !== state.view) choose(next.view);
    document.getElementById(`tab-${next.view}`)?.focus();
  });
  const update = () => {
    const { selected, view } = state;
    tabs.forEach((tab, i) => {
      const isChosen = TABS[i]?.view === view;
      tab.setAttribute("aria-selected", String(isChosen));
      tab.tabIndex = isChosen || (view === undefined && i === 0) ? 0 : -1;
    });
    panel.hidden = view === undefined;
    panel.setAttribute("aria-labelledby", `tab-${view ?? TABS[0]?.view}`);
    const letter = selected ? ` Run ${lookOf(selected.place).letter}.` : "";
    about.textContent = `${TABS.find((tab) => tab.view === view)?.about ?? ""}.${letter}`;
    const count = selected ? membersOf(selected.recipe) : 1;
    memberBox.hidden = count < 2 || view === "augment";
    if (members.options.length !== count) {
      members.replaceChildren(...Array.from({ length: count }, (_, m) => h("option", { value: String(m) }, m + 1)));
    }
    members.value = String(state.member);
    const { inspection } = state;
    if (inspection) body.replaceChildren(...show(inspection.inspection));
    else body.replaceChildren(h("p", { className: "help" }, waiting(state)));
  };
  state.on("inspection", update);
  state.on("selection", update);
  update();
}

function waiting({ device, selected }: State): string {
  if (device.state === "unavailable") return "Nothing to look at without a GPU.";
  if (selected?.status === "recorded") return "A run log holds no weights.";
  return selected?.status === "failed" ? "The run has failed." : "Reading from the GPU…";
}

function show(inspection: Inspection): Node[] {
  switch (inspection.view) {
    case "weights":
      return showWeights(inspection);
    case "layers":
      return showLayers(inspection);
    case "confusion":
      return showConfusion(inspection);
    case "augment":
      return showAugmented(inspection);
  }
}
