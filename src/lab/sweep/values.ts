import { RecipeError } from "../../train/recipe.ts";

/** A value of a recipe's field; null leaves the field out. */
export type SweepValue = number | boolean | string | null | readonly unknown[] | { readonly [name: string]: unknown };

/** What one setting of a sweep may be. */
export interface Axis {
  /** The field as it was given: dotted, or a hyper-parameter of the optimizer. */
  readonly path: string;
  /** The values, or the range that random search draws from. */
  readonly values:
    | { readonly kind: "list"; readonly list: readonly SweepValue[] }
    | {
        readonly kind: "range";
        readonly scale: "log" | "uniform" | "int";
        readonly low: number;
        readonly high: number;
      };
}

/** How values are written, for errors. */
export const VALUE_SYNTAX =
  "a,b,c; log(lo,hi,n), linear(lo,hi,n) or int(lo,hi,n) for n values; with --random also log(lo,hi), uniform(lo,hi) or " +
  "int(lo,hi); lists in brackets, as in hidden=[128,64],[256]";

/** Values of one axis, at most. */
const MOST = 10_000;

/**
 * Reads `PATH=VALUES`: `lr=log(1e-4,1e-1,13)`, `batch_size=50,100`, `hidden=[128,64],[256]`, `clip_norm=null,1`.
 * @throws RecipeError in one sentence that says what is wrong
 */
export function parseAxis(text: string): Axis {
  const at = text.indexOf("=");
  const [path, given] = [text.slice(0, at).trim(), text.slice(at + 1).trim()];
  const fail = (why: string): never => {
    throw new RecipeError(`--vary ${text}: ${why}`);
  };
  if (at < 0 || path === "" || given === "") return fail(`it must be PATH=VALUES, with values as ${VALUE_SYNTAX}`);
  const call = /^([a-z]+)\((.*)\)$/s.exec(given);
  if (!call) {
    if (/^(log|linear|int|uniform)\(/.test(given))
      return fail("a range's bracket is not closed, or something follows it");
    return { path, values: { kind: "list", list: listOf(given, fail) } };
  }
  const [, name = "", inside = ""] = call;
  if (!["log", "linear", "int", "uniform"].includes(name)) {
    return fail(`there is no range "${name}"; there is log, linear, int and uniform`);
  }
  const numbers = inside.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  const [low = Number.NaN, high = Number.NaN, n] = numbers;
  const counts = name === "uniform" ? [2] : name === "linear" ? [3] : [2, 3];
  if (!numbers.every(Number.isFinite) || !counts.includes(numbers.length)) {
    const forms = counts.map((count) => `${name}(lo,hi${count === 3 ? ",n" : ""})`);
    return fail(`it must be ${forms.join(", or with --random ")}, all of them numbers`);
  }
  if (!(low < high)) return fail(`the first number must be below the second`);
  if (name === "log" && low <= 0) return fail("a logarithmic range must be above 0");
  if (name === "int" && !(Number.isInteger(low) && Number.isInteger(high))) return fail("int takes whole numbers");
  if (n === undefined) return { path, values: { kind: "range", scale: name as "log" | "uniform" | "int", low, high } };
  if (!Number.isInteger(n) || n < 2 || n > MOST) return fail(`the number of values must be 2 to ${MOST}`);
  return { path, values: { kind: "list", list: spaced(name as "log" | "linear" | "int", low, high, n) } };
}

/** n values from low to high, both among them, rounded to what a person writes; whole numbers that come twice come once. */
function spaced(scale: "log" | "linear" | "int", low: number, high: number, n: number): number[] {
  const values = Array.from({ length: n }, (_, i) => {
    if (i === 0) return low;
    if (i === n - 1) return high;
    const share = i / (n - 1);
    if (scale === "log") return tidy(low * (high / low) ** share, 4);
    const value = low + share * (high - low);
    return scale === "int" ? Math.round(value) : tidy(value, 12);
  });
  return [...new Set(values)];
}

/** A number with so many digits that matter. */
export const tidy = (value: number, digits: number): number => Number(value.toPrecision(digits));

/** `a,b,[c,d],{"e":1}`: commas inside of brackets, braces and quotes separate nothing. */
function listOf(text: string, fail: (why: string) => never): SweepValue[] {
  const parts: string[] = [""];
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const letter = text[i] as string;
    if (quoted && letter === "\\") {
      parts[parts.length - 1] += letter + (text[++i] ?? "");
      continue;
    }
    if (letter === '"') quoted = !quoted;
    if (!quoted && (letter === "[" || letter === "{")) depth++;
    if (!quoted && (letter === "]" || letter === "}")) depth--;
    if (letter === "," && depth === 0 && !quoted) parts.push("");
    else parts[parts.length - 1] += letter;
  }
  if (depth !== 0 || quoted) return fail("a bracket or a quote is not closed");
  const values = parts.map((part) => readValue(part.trim(), fail));
  const twice = values.map((value) => JSON.stringify(value)).find((value, i, all) => all.indexOf(value) !== i);
  return twice === undefined ? values : fail(`${twice} is given twice`);
}

function readValue(text: string, fail: (why: string) => never): SweepValue {
  if (text === "") return fail("a value is empty");
  if (/^[[{"]/.test(text)) {
    try {
      return JSON.parse(text) as SweepValue;
    } catch (cause) {
      return fail(`${text} is no JSON: ${(cause as Error).message}`);
    }
  }
  if (text === "null") return null;
  if (text === "true" || text === "false") return text === "true";
  const value = Number(text);
  return Number.isFinite(value) ? value : text;
}

/** A value in the form that it is given in. */
export const valueText = (value: SweepValue): string =>
  typeof value === "object" ? JSON.stringify(value) : `${value}`;
