import { z } from "zod";
import type { InitSetting } from "../nn/init/network.ts";
import { findInit, inits } from "../nn/init/registry.ts";
import { plainly } from "./messages.ts";

/** A start of the weights in a recipe: its name alone, or with parameters; what is left out takes the start's default. */
export const initField = z.preprocess(
  (given) => (typeof given === "string" ? { name: given } : given),
  z.looseObject({ name: z.enum(inits.map(({ name }) => name)) }).transform(({ name, ...given }, context) => {
    const parsed = findInit(name)?.parameters.safeParse(given, { error: plainly });
    if (parsed?.success) return { name, ...parsed.data } as InitSetting;
    context.issues.push(...(parsed?.error.issues ?? []).map((issue) => ({ ...issue, input: given }) as never));
    return z.NEVER;
  }),
);
