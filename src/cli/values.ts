/** A value behind `key=`. */
export type Value = number | boolean | string;

/** What a value's text means: true or false, a number, or itself. */
export function parseValue(text: string): Value {
  if (text === "true" || text === "false") return text === "true";
  const value = Number(text);
  return text.trim() === "" || !Number.isFinite(value) ? text : value;
}
