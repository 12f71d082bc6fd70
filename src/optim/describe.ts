import { z } from "zod";
import { readShader } from "#platform";
import { layOut } from "../nn/tensors.ts";
import type { Optimizer } from "./optimizer.ts";
import { usedSlots } from "./update.ts";

/** A hyper-parameter, as its schema has it. */
export interface HyperDescription {
  readonly name: string;
  readonly default: number | boolean;
  readonly description: string;
  /** What may be given, in words: `above 0`, `0 to below 1`, `true or false`. */
  readonly range: string;
}

/** What the header of a WGSL file says. */
export interface Header {
  /** What it is and what sets it apart. */
  readonly about: string;
  /** Its formula, line by line. */
  readonly formula: readonly string[];
  /** What stands between formula and source, or nothing. */
  readonly note: string;
  /** Who published it where, and whose semantics it has. */
  readonly source: string;
}

/** An optimizer for lists and documents; it is read off the declaration and its WGSL file, so that it cannot drift. */
export interface OptimizerDescription extends Header {
  readonly name: string;
  readonly summary: string;
  readonly hyper: readonly HyperDescription[];
  /** What it keeps for each parameter with the default hyper-parameters, and with others. */
  readonly state: readonly string[];
  readonly possibleState: readonly string[];
  /** What it keeps beside: numbers of a model, or parts of a tensor. */
  readonly extraState: readonly string[];
  /** The file with its mathematics. */
  readonly shader: string;
}

/** A matrix and a vector, as any network has. */
const ANY_ARENA = layOut({ weight: [4, 4], bias: [4] });

/** Describes an optimizer. */
export function describeOptimizer(optimizer: Optimizer): OptimizerDescription {
  const shader = `optim/${optimizer.name}.wgsl`;
  const defaults = optimizer.hyper.parse({});
  return {
    name: optimizer.name,
    summary: optimizer.summary,
    ...parseHeader(readShader(shader), shader),
    hyper: describeHyper(optimizer.hyper),
    state: usedSlots(optimizer, defaults).map(({ name }) => name),
    possibleState: optimizer.slots(defaults).map(({ name }) => name),
    extraState: [...new Set(optimizer.extra?.(defaults, ANY_ARENA).map(({ name }) => name.split(".")[0] ?? name))],
    shader: `shaders/${shader}`,
  };
}

/**
 * Reads the comment that a WGSL file starts with: prose, the formula indented by three spaces, prose, `Source: ...`.
 * @param file names the file in errors
 * @throws Error where formula or source is missing
 */
export function parseHeader(code: string, file: string): Header {
  const lines: string[] = [];
  for (const line of code.split("\n")) {
    if (!line.startsWith("//")) break;
    lines.push(line.slice(2).replace(/^ /, "").trimEnd());
  }
  const isFormula = (line: string) => line.startsWith("  ");
  const first = lines.findIndex(isFormula);
  const sourceAt = lines.findIndex((line) => line.startsWith("Source: "));
  if (first < 0 || sourceAt < first) {
    throw new Error(`${file}: its header must give the formula, indented by three spaces, and then "Source: ..."`);
  }
  const prose = (from: number, to?: number) => lines.slice(from, to).filter((line) => !isFormula(line));
  return {
    about: prose(0, first).join(" "),
    formula: lines.slice(first, sourceAt).flatMap((line) => (isFormula(line) ? [line.slice(2)] : [])),
    note: prose(first, sourceAt).join(" "),
    source: prose(sourceAt).join(" ").replace("Source: ", ""),
  };
}

/** A setting in JSON Schema. */
export interface Property {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly const?: string;
  readonly anyOf?: readonly Property[];
  readonly items?: Property;
  readonly default?: number | boolean | string;
  readonly description?: string;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly exclusiveMaximum?: number;
}

/** The hyper-parameters of a schema, in its order. */
export function describeHyper(schema: z.ZodType): readonly HyperDescription[] {
  const { properties = {} } = z.toJSONSchema(schema) as { properties?: Record<string, Property> };
  return Object.entries(properties).map(([name, property]) => ({
    name,
    default: typeof property.default === "string" ? Number.NaN : (property.default ?? Number.NaN),
    description: property.description ?? "",
    range: rangeOf(property),
  }));
}

/** What a setting may be, in words. */
export function rangeOf(property: Property): string {
  const { type, minimum, exclusiveMinimum, maximum, exclusiveMaximum } = property;
  if (type === "boolean") return "true or false";
  if (property.anyOf) return property.anyOf.map(rangeOf).join(", or ");
  if (property.const !== undefined) return property.const;
  if (property.enum) return property.enum.join(", ");
  if (property.items) return `each ${rangeOf(property.items)}`;
  const low = exclusiveMinimum === undefined ? `${minimum ?? ""}` : `above ${exclusiveMinimum}`;
  const limit = maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum; // that of every whole number
  const high = exclusiveMaximum === undefined ? `${limit ?? ""}` : `below ${exclusiveMaximum}`;
  if (high === "") return exclusiveMinimum === undefined ? `${low} or more` : low;
  return exclusiveMinimum === undefined ? `${low} to ${high}` : `${low}, ${high}`;
}
