import { z } from "zod";
import { plainly } from "./messages.ts";

/**
 * A field of a recipe that chooses one of several by its name, and gives it parameters; what is left out takes the default.
 * @param names what there is to choose from
 * @param parametersOf the schema of what may stand beside a name
 */
export function namedField<Setting extends { readonly name: string }>(
  names: readonly string[],
  parametersOf: (name: string) => z.ZodType<object> | undefined,
) {
  return z.looseObject({ name: z.enum(names) }).transform(({ name, ...given }, context) => {
    const parsed = parametersOf(name)?.safeParse(given, { error: plainly });
    if (parsed?.success) return { name, ...parsed.data } as Setting;
    context.issues.push(...(parsed?.error.issues ?? []).map((issue) => ({ ...issue, input: given }) as never));
    return z.NEVER;
  });
}

/** The same where the name may also stand alone, without an object around it. */
export function bareNamedField<Setting extends { readonly name: string }>(
  ...given: Parameters<typeof namedField<Setting>>
) {
  return z.preprocess((value) => (typeof value === "string" ? { name: value } : value), namedField<Setting>(...given));
}
