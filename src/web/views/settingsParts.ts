import type { z } from "zod";
import { readShader } from "#platform";
import { findInit, inits } from "../../nn/init/registry.ts";
import { findLoss, losses } from "../../nn/loss/registry.ts";
import { describeOptimizer, parseHeader } from "../../optim/describe.ts";
import { findOptimizer, optimizers } from "../../optim/registry.ts";
import { findSchedule, schedules } from "../../optim/schedules/registry.ts";
import type { RecipeInput } from "../../train/recipe.ts";
import { varyKeys } from "../../train/vary.ts";
import { fieldsOf } from "../fields.ts";
import type { PageRun } from "../model.ts";
import { defaultsOf, shorten } from "../shorten.ts";
import { h } from "./dom.ts";
import { elementOf, type FormOptions, formOf } from "./form.ts";
import { scheduleCurve } from "./scheduleCurve.ts";

/** Gives a run another recipe; returns what is wrong with it, or undefined. */
export type Edit = (input: RecipeInput) => string | undefined;

/** What a person may want to know of a thing with a name. */
interface About {
  readonly summary: string;
  readonly formula: readonly string[];
  readonly source: string;
}

/** A choice among named things, with what sets the chosen one apart. */
function chooser(
  id: string,
  label: string,
  names: readonly string[],
  chosen: string,
  choose: (name: string) => string | undefined,
  none?: string,
): HTMLElement {
  const problem = h("p", { className: "problem", id: `${id}-problem`, hidden: true });
  const select = h(
    "select",
    { id, attrs: { "aria-describedby": `${id}-problem` } },
    none !== undefined && h("option", { value: "" }, none),
    names.map((name) => h("option", { value: name }, name)),
  );
  select.value = chosen;
  select.addEventListener("change", () => {
    const fault = choose(select.value);
    problem.textContent = fault ?? "";
    problem.hidden = fault === undefined;
    select.setAttribute("aria-invalid", `${fault !== undefined}`);
  });
  return h("div", { className: "field" }, h("label", { htmlFor: id }, label), select, problem);
}

function formula(lines: readonly string[], source: string): HTMLElement {
  return h(
    "details",
    { className: "formula" },
    h("summary", {}, "Formula"),
    h("pre", { attrs: { tabindex: "0" } }, lines.join("\n")),
    h("p", { className: "help" }, source),
  );
}

/** The optimizer with all its hyper-parameters. */
export function optimizerPart(run: PageRun, edit: Edit): HTMLElement {
  const { name } = run.recipe.optimizer;
  const found = findOptimizer(name);
  const given = () => ({ ...shorten(run.recipe).optimizer, name });
  const about = found && describeOptimizer(found);
  return h(
    "div",
    {},
    chooser(
      "set-optimizer",
      "optimizer",
      optimizers.map((one) => one.name),
      name,
      // The rate of one says nothing for another.
      (chosen) => edit({ ...shorten(run.recipe), optimizer: { name: chosen } as never }),
    ),
    about && h("p", { className: "help" }, about.summary),
    about && formula(about.formula, about.source),
    formOf(fieldsOf(found?.hyper), {
      prefix: "set-optimizer",
      values: () => run.recipe.optimizer,
      change: (key, value) =>
        edit({ ...shorten(run.recipe), optimizer: without({ ...given(), [key]: value }) as never }),
    }),
  );
}

/** The schedule of the learning rate, with its curve. */
export function schedulePart(run: PageRun, edit: Edit): HTMLElement {
  const { schedule } = run.recipe;
  const found = schedule && findSchedule(schedule.name);
  const choose = (name: string) => {
    const { schedule: _, ...rest } = shorten(run.recipe);
    return edit(name === "" ? rest : { ...rest, schedule: { name, ...neededBy(name, run.steps) } as never });
  };
  return h(
    "div",
    {},
    chooser(
      "set-schedule",
      "schedule",
      schedules.map(({ name }) => name),
      schedule?.name ?? "",
      choose,
      "constant, none",
    ),
    found && h("p", { className: "help" }, found.summary),
    scheduleCurve(run),
    found && formula([found.formula], found.source),
    found &&
      formOf(fieldsOf(found.parameters), {
        prefix: "set-schedule",
        values: () => run.recipe.schedule ?? {},
        change: (key, value) => {
          const now = shorten(run.recipe);
          return edit({ ...now, schedule: without({ ...now.schedule, [key]: value }) as never });
        },
      }),
  );
}

/** Values for what a schedule has no default for, so that it can be chosen: lengths as shares of the run. */
function neededBy(name: string, steps: number): Record<string, unknown> {
  const needed = fieldsOf(findSchedule(name)?.parameters).filter(({ required }) => required);
  return Object.fromEntries(
    needed.map(({ name: key, kind }) => {
      if (kind === "numbers") return [key, [Math.ceil(steps / 2), Math.ceil((3 * steps) / 4)]];
      return [key, kind === "integer" ? Math.max(1, Math.ceil(steps / 4)) : key === "gamma" ? 0.999 : 0.5];
    }),
  );
}

/** How weights start. */
export function initPart(run: PageRun, edit: Edit): HTMLElement {
  const found = findInit(run.recipe.init.name);
  const about = found && { ...found, formula: [found.formula] };
  return namedPart("init", "start of weights", inits, about, run, edit);
}

/** What training makes small. */
export function lossPart(run: PageRun, edit: Edit): HTMLElement {
  const found = findLoss(run.recipe.loss.name);
  const about = found && { ...found, ...parseHeader(readShader(found.shader), found.shader) };
  const ofClasses = losses.filter(({ targets }) => targets.includes("classes"));
  return namedPart("loss", "loss", ofClasses, about, run, edit);
}

/** A field that is a name with parameters of its own. */
function namedPart(
  field: "init" | "loss",
  label: string,
  all: readonly { readonly name: string }[],
  about: (About & { readonly parameters: z.ZodType }) | undefined,
  run: PageRun,
  edit: Edit,
): HTMLElement {
  const id = `set-${field}`;
  const given = () => run.recipe[field] as unknown as Record<string, unknown>;
  const change = (value: object) => edit({ ...shorten(run.recipe), [field]: value } as RecipeInput);
  const names = all.map(({ name }) => name);
  return h(
    "div",
    {},
    chooser(id, label, names, run.recipe[field].name, (name) => change({ name })),
    about && h("p", { className: "help" }, about.summary),
    about && formula(about.formula, about.source),
    formOf(fieldsOf(about?.parameters), {
      prefix: id,
      values: () => ({ ...defaultsOf(about?.parameters), ...given() }),
      change: (key, value) => change(without({ ...given(), [key]: value })),
    }),
  );
}

/** A population whose members differ in one setting: its name, and their values. */
export function varyPart(run: PageRun, { change }: FormOptions): HTMLElement {
  const values = () => {
    const { vary } = run.recipe;
    const values = vary?.values.map((value) => (Array.isArray(value) ? value.join("/") : value));
    return { vary: vary && `${varyKeys(vary).join("/")}=${values?.join(", ")}` };
  };
  const field = {
    name: "vary",
    kind: "text" as const,
    help: "members that differ, drawn as a band, such as lr=0.01, 0.003 or lr/weight_decay=0.01/0, 0.003/0.1",
    range: "",
    required: false,
  };
  return elementOf(field, {
    prefix: "set",
    values,
    change: (field, text) => {
      if (text === undefined) return change(field, undefined);
      const [name = "", list = ""] = String(text).split("=");
      const keys = name.split("/").map((key) => key.trim());
      const scalar = (one: string) => (Number.isNaN(Number(one)) ? one : Number(one));
      const given = list.split(/[\s,;]+/).filter(Boolean);
      if (keys.length === 1) return change(field, { key: keys[0], values: given.map(scalar) });
      return change(field, { keys, values: given.map((one) => one.split("/").map(scalar)) });
    },
  });
}

/** Without what is not given. */
const without = (object: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
