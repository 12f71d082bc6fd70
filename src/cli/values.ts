import { InvalidArgumentError } from "commander";

/** A value behind `key=`. */
export type Value = number | boolean | string;

/** What a value's text means: true or false, a number, or itself. */
export function parseValue(text: string): Value {
  if (text === "true" || text === "false") return text === "true";
  const value = Number(text);
  return text.trim() === "" || !Number.isFinite(value) ? text : value;
}

/** A text that is not empty, as an unset variable of a shell would make it. */
export function parseText(text: string): string {
  if (text.trim() === "") throw new InvalidArgumentError("must not be empty");
  return text;
}

/** A number as a flag gives it. */
export function parseNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw new InvalidArgumentError(`"${text}" is not a number`);
  return value;
}

/** A whole number of at least 1. */
export function parseCount(text: string): number {
  const value = parseNumber(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError(`"${text}" must be a whole number, 1 or more`);
  return value;
}

/** Settings behind a flag or a name, as in `shift=2,rotate=12`; none is fine. */
export const parseSettings = (text: string): Record<string, Value> => (text === "" ? {} : parsePairs(text));

/** `adam:lr=0.01,beta1=0.8` */
export function parseNamed(text: string): { readonly name: string } & Readonly<Record<string, unknown>> {
  const [name = "", ...rest] = text.split(":");
  return { name, ...parseSettings(rest.join(":")) };
}

/** `key=value,...`, at least one of them, each key once. */
export function parsePairs(text: string): Record<string, Value> {
  const settings = text.split(",").map((part): [string, Value] => {
    const [key = "", value, ...more] = part.split("=");
    if (key === "" || value === undefined || more.length > 0) {
      throw new InvalidArgumentError(`"${part}" must be key=value`);
    }
    return [key, parseValue(value)];
  });
  const keys = settings.map(([key]) => key);
  const twice = keys.find((key, i) => keys.indexOf(key) !== i);
  if (twice !== undefined) throw new InvalidArgumentError(`"${twice}" is given twice`);
  return Object.fromEntries(settings);
}

/** The other way round: settings as a flag takes them. */
export const settingsText = (settings: object): string =>
  Object.entries(settings)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
