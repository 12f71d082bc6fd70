import { type Field, readField, writeField } from "../fields.ts";
import { h } from "./dom.ts";

/** Form elements for settings that schemas describe. */

export interface FormOptions {
  /** In front of the elements' ids. */
  readonly prefix: string;
  /** What the settings are now, by name: forms outlive changes. */
  readonly values: () => Readonly<Record<string, unknown>>;
  /** Another value; undefined takes the default. Returns what is wrong with it, or undefined. */
  readonly change: (name: string, value: unknown) => string | undefined;
}

/** The elements of some settings. */
export function formOf(fields: readonly Field[], options: FormOptions): HTMLElement[] {
  return fields.map((field) => elementOf(field, options));
}

/** A setting with its label, its help, and a place for what is wrong. */
export function elementOf(field: Field, { prefix, values, change }: FormOptions): HTMLElement {
  const { name, kind, required } = field;
  const id = `${prefix}-${name}`;
  const value = values()[name];
  const label = nameOf(name);
  const problem = h("p", { className: "problem", id: `${id}-problem`, hidden: true });
  const help = h("p", { className: "help", id: `${id}-help` }, helpOf(field));
  const attrs = { "aria-describedby": `${id}-help ${id}-problem` };
  const apply = (input: HTMLElement, given: unknown) => {
    const fault = change(name, given);
    problem.textContent = fault ?? "";
    problem.hidden = fault === undefined;
    input.setAttribute("aria-invalid", `${fault !== undefined}`);
  };
  if (kind === "group") return groupOf(field, { prefix, values, change });
  if (kind === "boolean") {
    const input = h("input", { type: "checkbox", id, checked: value === true, attrs });
    input.addEventListener("change", () => apply(input, input.checked));
    return h("div", { className: "field check" }, input, h("label", { htmlFor: id }, label), help, problem);
  }
  if (kind === "choice") {
    const select = h(
      "select",
      { id, attrs },
      (field.choices ?? []).map((choice) => h("option", { value: choice }, choice)),
    );
    if (!required && field.default === undefined) select.prepend(h("option", { value: "" }, "not set"));
    select.value = writeField(value);
    select.addEventListener("change", () => apply(select, select.value || undefined));
    return h("div", { className: "field" }, h("label", { htmlFor: id }, label), select, help, problem);
  }
  const isNumber = kind === "number" || kind === "integer";
  const input = h("input", {
    type: "text",
    inputMode: isNumber ? (kind === "integer" ? "numeric" : "decimal") : "text",
    id,
    value: writeField(value),
    placeholder: field.default === undefined ? "" : writeField(field.default),
    autocomplete: "off",
    spellcheck: false,
    attrs,
  });
  input.addEventListener("change", () => apply(input, readField(field, input.value)));
  if (isNumber) {
    input.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
      event.preventDefault();
      input.value = writeField(stepped(field, Number(input.value || field.default || 0), event.key === "ArrowUp"));
      apply(input, readField(field, input.value));
    });
  }
  return h("div", { className: "field" }, h("label", { htmlFor: id }, label), input, help, problem);
}

/** Settings that are there together or not at all. */
function groupOf(field: Field, { prefix, values, change }: FormOptions): HTMLElement {
  const { name, fields = [], help } = field;
  const id = `${prefix}-${name}`;
  const valuesOf = () => values()[name] as Readonly<Record<string, unknown>> | undefined;
  const own = valuesOf();
  const box = h("input", {
    type: "checkbox",
    id,
    checked: own !== undefined,
    attrs: { "aria-describedby": `${id}-help` },
  });
  const problem = h("p", { className: "problem", hidden: true });
  const tell = (fault: string | undefined) => {
    problem.textContent = fault ?? "";
    problem.hidden = fault === undefined;
    return fault;
  };
  box.addEventListener("change", () => tell(change(name, box.checked ? {} : undefined)));
  const inner = own
    ? formOf(fields, {
        prefix: id,
        values: () => valuesOf() ?? {},
        change: (key, value) => change(name, { ...valuesOf(), [key]: value }),
      })
    : [];
  return h(
    "div",
    { className: "group" },
    h(
      "div",
      { className: "field check" },
      box,
      h("label", { htmlFor: id }, nameOf(name)),
      h("p", { className: "help", id: `${id}-help` }, help),
      problem,
    ),
    h("div", { className: "inner", hidden: inner.length === 0 }, inner),
  );
}

/** The next value up or down: a whole number by one, another by a step of 1, 2, 5. */
export function stepped({ kind, min, max }: Field, value: number, up: boolean): number {
  const sign = up ? 1 : -1;
  const magnitude = 10 ** Math.floor(Math.log10(Math.abs(value) || 1));
  // Down from 1 is 0.9, not 0.
  const size = kind === "integer" ? 1 : !up && Math.abs(value) === magnitude ? magnitude / 10 : magnitude;
  const next = value === 0 && kind !== "integer" ? sign * 0.1 : Number((value + sign * size).toPrecision(12));
  return Math.min(max ?? Number.POSITIVE_INFINITY, Math.max(min ?? Number.NEGATIVE_INFINITY, next));
}

/** A setting's name as a label: as it stands in a recipe, without underscores. */
export const nameOf = (name: string): string => name.replaceAll("_", " ");

function helpOf({ help, range, kind, default: standard }: Field): string {
  const said = kind === "choice" || kind === "boolean" ? "" : range;
  const usual = standard === undefined || kind === "boolean" ? "" : `usually ${writeField(standard)}`;
  const more = [said, usual].filter(Boolean).join("; ");
  return more === "" ? help : `${help}${help === "" ? "" : " "}(${more})`;
}
