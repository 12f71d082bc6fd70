import type { RecipeInput } from "../../train/recipe.ts";
import { RECIPE_FIELDS, recipeField } from "../fields.ts";
import type { PageRun, State } from "../model.ts";
import { lookOf, varsOf } from "../palette.ts";
import { shorten } from "../shorten.ts";
import { h } from "./dom.ts";
import { elementOf, type FormOptions } from "./form.ts";
import { layersOf } from "./layers.ts";
import { initPart, lossPart, optimizerPart, schedulePart, varyPart } from "./settingsParts.ts";

/** A part of the form, and the recipe's fields that stand in it. Fields that none names come last. */
interface Part {
  readonly title: string;
  readonly fields: readonly string[];
}

const PARTS: readonly Part[] = [
  { title: "Optimizer", fields: ["optimizer", "decay", "lookahead", "ema", "swa", "sam"] },
  { title: "Schedule", fields: ["schedule"] },
  {
    title: "Network",
    fields: ["hidden", "activation", "init", "batch_norm", "layer_norm", "dropout", "loss", "label_smoothing"],
  },
  { title: "Data", fields: ["batch_size", "augment", "mixup", "validation", "validation_seed", "early_stopping"] },
  { title: "Length and chance", fields: ["epochs", "steps", "seed", "population", "vary", "name"] },
];
/** What the page has no form for: its data set is one, and schedules of other scalars come from recipes. */
const ELSEWHERE = ["data", "target", "test_split", "data_seed", "schedules"];

/** The settings of the selected run. */
export function showSettings(root: HTMLElement, state: State): void {
  const opened = new Set(["Optimizer", "Schedule"]);
  let shown = "";
  const build = () => {
    const run = state.selected;
    const content = run ? contentOf(run, state, opened) : [h("h2", { id: "settings-title" }, "Settings")];
    const structure = run ? structureOf(run) : "";
    // Elements that stay keep the focus, and a click that has begun on one of them.
    if (structure === shown) return refresh(root, content);
    const focused = document.activeElement?.id;
    root.replaceChildren(...content);
    if (focused) document.getElementById(focused)?.focus();
    shown = structure;
  };
  state.on("selection", build);
  build();
}

/** What decides which elements a run's form has. */
function structureOf({ id, recipe, status }: PageRun): string {
  const groups = RECIPE_FIELDS.filter(({ kind }) => kind === "group").map(({ name }) => name in recipe);
  const { optimizer, schedule, init, loss, hidden } = recipe;
  return JSON.stringify([
    id,
    status === "recorded",
    optimizer.name,
    schedule?.name,
    init.name,
    loss.name,
    hidden.length,
    groups,
  ]);
}

/** Gives elements that stand already the values of those that were made anew. */
function refresh(root: HTMLElement, content: readonly Node[]): void {
  const made = h("div", {}, [...content]);
  for (const fresh of made.querySelectorAll<HTMLInputElement>("input[id], select[id]")) {
    const own = root.querySelector<HTMLInputElement>(`#${CSS.escape(fresh.id)}`);
    if (!own || own.getAttribute("aria-invalid") === "true") continue;
    own.value = fresh.value;
    own.checked = fresh.checked;
  }
  const course = made.querySelector(".course");
  if (course) root.querySelector(".course")?.replaceWith(course);
}

function contentOf(run: PageRun, state: State, opened: Set<string>): Node[] {
  const look = lookOf(run.place);
  const edit = (input: RecipeInput): string | undefined => {
    try {
      state.edit(run.id, input);
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  };
  const change = (name: string, value: unknown) => {
    const { [name as keyof RecipeInput]: _, ...rest } = shorten(run.recipe);
    return edit(value === undefined ? rest : { ...rest, [name]: value });
  };
  const options: FormOptions = { prefix: "set", values: () => ({ ...run.recipe }), change };
  const named = PARTS.flatMap(({ fields }) => fields);
  const rest = RECIPE_FIELDS.map(({ name }) => name).filter((name) => ![...named, ...ELSEWHERE].includes(name));
  const parts = rest.length > 0 ? [...PARTS, { title: "Gradients and more", fields: rest }] : PARTS;
  return [
    h(
      "h2",
      { id: "settings-title" },
      "Settings of run ",
      h("span", { className: "swatch", vars: varsOf(look) }, look.letter),
    ),
    h(
      "p",
      { className: "help" },
      run.status === "recorded"
        ? "Curves of a run log. Copy the run to train its settings."
        : "A change starts the run anew; the learning rate changes while it runs.",
    ),
    ...parts.map(({ title, fields }) => {
      const details = h(
        "details",
        { className: "settings-part", open: opened.has(title) },
        h("summary", { className: "part-title" }, title),
        h(
          "div",
          { className: "part" },
          fields.map((name) => partOf(name, run, options, edit)),
        ),
      );
      details.addEventListener("toggle", () => (details.open ? opened.add(title) : opened.delete(title)));
      return details;
    }),
  ];
}

/** A field of the recipe: those with a name and parameters of their own, the layers, and all others from the schema. */
function partOf(name: string, run: PageRun, options: FormOptions, edit: (input: RecipeInput) => string | undefined) {
  switch (name) {
    case "optimizer":
      return optimizerPart(run, edit);
    case "schedule":
      return schedulePart(run, edit);
    case "init":
      return initPart(run, edit);
    case "loss":
      return lossPart(run, edit);
    case "hidden":
      return layersOf(
        () => run.recipe.hidden,
        recipeField("hidden").help,
        (hidden) => options.change("hidden", hidden),
      );
    case "vary":
      return varyPart(run, options);
    default:
      return elementOf(recipeField(name), options);
  }
}
