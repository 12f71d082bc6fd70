import { closest, distance } from "fastest-levenshtein";
import type { z } from "zod";

/** ` (did you mean "..."?)` where a known name is near enough, else nothing. */
export function suggest(given: string, known: readonly string[]): string {
  if (known.length === 0) return "";
  const nearest = closest(given, known);
  return distance(given, nearest) <= Math.max(2, given.length / 3) ? ` (did you mean "${nearest}"?)` : "";
}

const TYPES: Readonly<Record<string, string>> = {
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  string: "a text",
  array: "a list",
  object: "an object with fields",
  record: "an object with fields",
};

/** What a schema asks for, in plain words; a schema's own words come first, and undefined leaves zod's. */
export function plainly(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === "invalid_type") {
    return issue.input === undefined ? "is missing" : `must be ${TYPES[issue.expected] ?? issue.expected}`;
  }
  if (issue.code === "invalid_union") return "must be a number, true or false, or a text";
  if (issue.code !== "too_small" && issue.code !== "too_big") return undefined;
  if (issue.origin === "array" || issue.origin === "string") return "must not be empty";
  const bound = issue.code === "too_small" ? issue.minimum : issue.maximum;
  const [inclusive, exclusive] = issue.code === "too_small" ? ["at least", "above"] : ["at most", "below"];
  return `must be ${issue.inclusive ? inclusive : exclusive} ${bound}`;
}
