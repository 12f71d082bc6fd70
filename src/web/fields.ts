import { z } from "zod";
import { type Property, rangeOf } from "../optim/describe.ts";
import { fields as recipeFields } from "../train/fields.ts";

/** Forms from schemas: what a setting is, what it may be, and what it is for. Pure data, without a page. */

export type FieldKind = "number" | "integer" | "boolean" | "choice" | "numbers" | "text" | "group";

/** A setting of a form. */
export interface Field {
  readonly name: string;
  readonly kind: FieldKind;
  /** What it is for, from the schema. */
  readonly help: string;
  /** What may be given, in words. */
  readonly range: string;
  readonly required: boolean;
  readonly default?: unknown;
  readonly choices?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  /** The settings of a group, which is there or not. */
  readonly fields?: readonly Field[];
}

type Schema = Property & {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly anyOf?: readonly Schema[];
};

/** The settings of an object's schema, in its order. */
export function fieldsOf(schema: z.ZodType | undefined): readonly Field[] {
  return schema ? ofSchema(z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as Schema) : [];
}

function ofSchema({ properties = {}, required = [] }: Schema): readonly Field[] {
  return Object.entries(properties).map(([name, property]) => fieldOf(name, property, required.includes(name)));
}

function fieldOf(name: string, property: Schema, required: boolean): Field {
  const kind = kindOf(property);
  const low = property.minimum ?? property.exclusiveMinimum;
  const high = property.maximum ?? property.exclusiveMaximum;
  return {
    name,
    kind,
    help: property.description ?? "",
    range: kind === "group" || kind === "text" ? "" : rangeOf(property),
    required,
    ...(property.default !== undefined && { default: property.default }),
    ...(property.enum && { choices: property.enum }),
    ...(low !== undefined && { min: low }),
    ...(high !== undefined && high !== Number.MAX_SAFE_INTEGER && { max: high }),
    ...(kind === "group" && { fields: ofSchema(property) }),
  };
}

function kindOf({ type, enum: choices, properties }: Schema): FieldKind {
  if (choices) return "choice";
  if (properties) return "group";
  if (type === "array") return "numbers";
  return type === "number" || type === "boolean" || type === "integer" ? type : "text";
}

/** The settings of a recipe itself. */
export const RECIPE_FIELDS: readonly Field[] = fieldsOf(z.strictObject(recipeFields));

/** A setting of a recipe by its name. */
export function recipeField(name: string): Field {
  const found = RECIPE_FIELDS.find((field) => field.name === name);
  if (!found) throw new Error(`a recipe has no field ${name}`);
  return found;
}

/** What a person typed, as a field's value; undefined for nothing, which takes the default. Not checked: the recipe is. */
export function readField({ kind }: Field, text: string): unknown {
  const trimmed = text.trim();
  if (trimmed === "") return undefined;
  if (kind === "number" || kind === "integer") return asNumber(trimmed);
  if (kind === "numbers") return trimmed.split(/[\s,;]+/).map(asNumber);
  return trimmed;
}

const asNumber = (text: string) => (Number.isNaN(Number(text)) ? text : Number(text));

/** A field's value as a person would type it. */
export function writeField(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (Array.isArray(value)) return value.join(", ");
  if (typeof value !== "number") return String(value);
  return value !== 0 && Math.abs(value) < 1e-4 ? value.toExponential().replace("e-", "e-") : String(value);
}
