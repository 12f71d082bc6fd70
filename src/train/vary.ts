import { z } from "zod";

/** A value of a setting that varies. */
export const varyValue = z.union([z.number(), z.boolean(), z.string()]);
export type VaryValue = z.output<typeof varyValue>;

/** Each member's values of the settings that vary. */
export type Rows = readonly (readonly VaryValue[])[];

/** A setting of `vary`, or several that vary together: one member of the population for each value, or for each list. */
export const varyField = z
  .strictObject({
    key: z.string().optional().describe("a field of the recipe, else of its optimizer; a dotted path also"),
    keys: z
      .array(z.string())
      .min(1)
      .optional()
      .describe("several of them; each of values is then a list, a value a key"),
    values: z.array(z.union([varyValue, z.array(varyValue)])).min(1),
  })
  .superRefine(({ key, keys, values }, context) => {
    const fault = (path: (string | number)[], message: string) =>
      context.addIssue({ code: "custom", path, message, continue: false });
    if (!keys && key === undefined) return fault(["key"], "is missing");
    if (keys && key !== undefined) return fault(["keys"], "key and keys exclude each other: give one");
    const twice = keys?.find((name, i) => keys.indexOf(name) !== i);
    if (twice !== undefined) return fault(["keys"], `"${twice}" is given twice`);
    values.forEach((value, i) => {
      if (!keys && Array.isArray(value)) fault(["values", i], "must be a number, true or false, or a text");
      if (keys && !(Array.isArray(value) && value.length === keys.length)) {
        fault(["values", i], `must be a list of ${keys.length} values, one for each of keys`);
      }
    });
  });

/** What `vary` parses to. */
export type Vary = z.output<typeof varyField>;

/** The settings that vary. */
export const varyKeys = ({ key, keys }: Vary): readonly string[] => keys ?? [key ?? ""];

/** Each member's values of them. */
export const varyRows = ({ values }: Vary): Rows => values.map((value) => [value].flat());

/** The settings in words: `lr`, or `lr, momentum`. */
export const varyName = (vary: Vary): string => varyKeys(vary).join(", ");

/** A member's values in words. */
export const varyText = (vary: Vary, member: number): string => `${[vary.values[member] ?? []].flat().join(", ")}`;
