import { copyText } from "../browser.ts";
import { fillHistory, loadFile, recipeFile } from "../load.ts";
import type { State } from "../model.ts";
import { membersOf } from "../pageRecipe.ts";
import { lookOf } from "../palette.ts";
import { labelOf, shorten } from "../shorten.ts";
import { h } from "./dom.ts";

/** Gives a file to the person. */
export function offer(name: string, kind: string, bytes: Uint8Array<ArrayBuffer>): void {
  const url = URL.createObjectURL(new Blob([bytes], { type: kind }));
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** Sharing, saving, loading, also by drag and drop, and the page's theme. */
export function showActions(root: HTMLElement, state: State): void {
  const share = h("button", { type: "button", id: "share" }, "Share");
  share.addEventListener("click", async () => {
    try {
      await copyText(location.href);
      state.tell({ kind: "info", text: "The link to these settings is copied." });
    } catch {
      state.tell({ kind: "info", text: "The address of this page is the link to these settings." });
    }
  });
  const picker = h("input", {
    type: "file",
    id: "file",
    multiple: true,
    accept: ".json,.jsonl,.safetensors",
    hidden: true,
  });
  const open = h(
    "button",
    { type: "button", id: "open", title: "a recipe, a run log or a checkpoint; or drop it on the page" },
    "Open…",
  );
  open.addEventListener("click", () => picker.click());
  picker.addEventListener("change", async () => {
    await takeFiles([...(picker.files ?? [])], state);
    picker.value = "";
  });
  const items = h("div", { className: "menu-items" });
  const menu = h("details", { className: "menu", id: "save-menu" }, h("summary", { id: "save" }, "Save"), items);
  const item = (text: string, id: string, act: () => void, disabled: boolean) =>
    h(
      "button",
      {
        type: "button",
        id,
        disabled,
        on: {
          click: () => {
            menu.open = false;
            act();
          },
        },
      },
      text,
    );
  menu.addEventListener("toggle", () => {
    const run = state.selected;
    if (!menu.open || !run) return;
    const { letter } = lookOf(run.place);
    const isTrained = run.status !== "recorded" && run.status !== "failed" && run.status !== "new";
    const save = (what: "checkpoint" | "log") => () => state.save(run.id, what);
    items.replaceChildren(
      h("p", { className: "help" }, `Run ${letter}`),
      item(
        "Recipe (JSON)",
        "save-recipe",
        () => offer("recipe.json", "application/json", recipeFile(shorten(run.recipe))),
        false,
      ),
      item("Run log (JSONL)", "save-log", save("log"), !isTrained),
      item("Checkpoint (safetensors)", "save-checkpoint", save("checkpoint"), !isTrained),
      h("p", { className: "help" }, "All runs"),
      item("Report (Markdown)", "save-report", () => offer("report.md", "text/markdown", reportOf(state)), false),
    );
  });
  document.addEventListener("click", (event) => {
    if (!menu.contains(event.target as Node)) menu.open = false;
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    menu.open = false;
    menu.querySelector("summary")?.focus();
  });
  root.append(share, open, picker, menu, themeButton());
  takeDrops(state);
}

/** Light, dark, or as the system is. */
function themeButton(): HTMLElement {
  const names = ["auto", "light", "dark"] as const;
  const stored = () => {
    try {
      return localStorage.getItem("downhill/theme") ?? "auto";
    } catch {
      return "auto";
    }
  };
  const button = h("button", { type: "button", id: "theme" });
  const apply = (name: string) => {
    document.documentElement.dataset.theme = name;
    button.textContent = name === "auto" ? "Theme: auto" : name === "light" ? "Theme: light" : "Theme: dark";
    document.dispatchEvent(new Event("themechange"));
  };
  button.addEventListener("click", () => {
    const now = (names as readonly (string | undefined)[]).indexOf(document.documentElement.dataset.theme);
    const next = names[(now + 1) % names.length] ?? "auto";
    try {
      localStorage.setItem("downhill/theme", next);
    } catch {
      // Kept as long as the page is open.
    }
    apply(next);
  });
  apply(stored());
  return button;
}

/** Files that are dropped anywhere on the page. */
function takeDrops(state: State): void {
  const { body } = document;
  body.addEventListener("dragover", (event) => {
    event.preventDefault();
    body.classList.add("dropping");
  });
  body.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) body.classList.remove("dropping");
  });
  body.addEventListener("drop", (event) => {
    event.preventDefault();
    body.classList.remove("dropping");
    void takeFiles([...(event.dataTransfer?.files ?? [])], state);
  });
}

async function takeFiles(files: readonly File[], state: State): Promise<void> {
  for (const file of files) {
    try {
      const loaded = await loadFile(file);
      if (loaded.kind === "recipe") state.add(shorten(loaded.recipe));
      else if (loaded.kind === "checkpoint")
        state.add(shorten(loaded.recipe), { file: loaded.file, bytes: loaded.bytes });
      else {
        const { recipe, events } = loaded;
        state.record(shorten(recipe), (run) => fillHistory(run.history, events, membersOf(recipe)));
      }
      state.tell({ kind: "info", text: `${file.name} is loaded.` });
    } catch (error) {
      state.tell({ kind: "error", text: (error as Error).message });
    }
  }
}

/** What the runs came to, as a table in Markdown. */
function reportOf({ runs }: State): Uint8Array<ArrayBuffer> {
  const recipes = runs.map(({ recipe }) => recipe);
  const rows = runs.map(({ place, recipe, history, ensemble }) => {
    const last = history.evaluations.at(-1);
    const mean = (values: readonly number[] = []) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const accuracy = last ? `${(100 * mean(last.accuracies)).toFixed(2)} %` : "–";
    const loss = last ? mean(last.losses).toFixed(4) : "–";
    const together = ensemble === undefined ? "–" : `${(100 * ensemble).toFixed(2)} %`;
    return `| ${[lookOf(place).letter, labelOf(recipe, recipes), history.step, history.seconds.toFixed(1), accuracy, loss, together].join(" | ")} |`;
  });
  const head =
    "| run | settings | steps | seconds | test accuracy | test loss | together |\n|---|---|--:|--:|--:|--:|--:|";
  const sources = runs.map(({ place, recipe }) => `${lookOf(place).letter}: \`${JSON.stringify(shorten(recipe))}\``);
  const text = `# Downhill: ${runs.length} runs on MNIST\n\n${head}\n${rows.join("\n")}\n\n## Recipes\n\n${sources.join("\n\n")}\n\n${location.href}\n`;
  return new TextEncoder().encode(text);
}
