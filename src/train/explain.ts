import type { z } from "zod";
import { findInit } from "../nn/init/registry.ts";
import { findLoss } from "../nn/loss/registry.ts";
import { emaField, swaField } from "../optim/averaging.ts";
import { findOptimizer } from "../optim/registry.ts";
import { lookaheadField, samField } from "../optim/wrappers.ts";
import { augmentField } from "./augmentField.ts";
import { fields } from "./fields.ts";
import { suggest } from "./messages.ts";
import { gradientNoiseField, mixupField } from "./regularisationFields.ts";
import { parametersOf } from "./scheduleField.ts";
import { earlyStoppingField } from "./validationField.ts";
import { varyField } from "./vary.ts";

/** A fault of a recipe as a sentence: the path, what is allowed there, and what was given. */
export function explain(issue: z.core.$ZodIssue, input: unknown): string {
  const path = issue.path.map(String).join(".");
  const at = path === "" ? "recipe" : path;
  if (issue.code === "unrecognized_keys") {
    const allowed = allowedKeys(issue.path.map(String), input);
    return issue.keys
      .map((key) => `${at}: unknown field "${key}"${suggest(key, allowed)}; allowed: ${allowed.join(", ")}`)
      .join("\n");
  }
  const given = lookUp(input, issue.path);
  const isPlain = typeof given !== "object" || given === null || Object.keys(given).length === 0;
  const got =
    given === undefined
      ? ""
      : `, got ${isPlain ? JSON.stringify(given) : Array.isArray(given) ? "a list" : "an object"}`;
  if (issue.code === "invalid_value") {
    const allowed = issue.values.map(String);
    return `${at}: must be one of ${allowed.join(", ")}${got}${typeof given === "string" ? suggest(given, allowed) : ""}`;
  }
  if (at === "batch_size" && issue.code !== "custom") {
    return `${at}: must be a whole number of at least 1, or "full"${got}`;
  }
  return `${at}: ${issue.message}${issue.code === "custom" && !isPlain ? "" : got}`;
}

/** The fields that are objects of fixed keys. */
const OBJECTS: Readonly<Record<string, { readonly shape: object }>> = {
  augment: augmentField,
  early_stopping: earlyStoppingField,
  ema: emaField,
  gradient_noise: gradientNoiseField,
  lookahead: lookaheadField,
  mixup: mixupField,
  sam: samField,
  swa: swaField,
  vary: varyField,
};

/** The fields whose keys depend on a name in them: the schema of what may stand beside it. */
const NAMED: Readonly<Record<string, (name: string) => object | undefined>> = {
  init: (name) => findInit(name)?.parameters,
  loss: (name) => findLoss(name)?.parameters,
  optimizer: (name) => findOptimizer(name)?.hyper,
};

function allowedKeys(path: readonly string[], input: unknown): readonly string[] {
  const [field = ""] = path;
  const name = String(lookUp(input, [...path, "name"]));
  if (field === "schedule" || (field === "schedules" && path.length > 1)) return parametersOf(name);
  const object = NAMED[field] ? NAMED[field](name) : (OBJECTS[field] ?? { shape: fields });
  return Object.keys((object as { shape?: object } | undefined)?.shape ?? {});
}

function lookUp(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    // A text may stand for an object with that name alone.
    (value, key) =>
      typeof value === "string" && key === "name" ? value : (value as Record<PropertyKey, unknown> | undefined)?.[key],
    input,
  );
}
