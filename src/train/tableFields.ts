import { z } from "zod";
import { MAX_SEED } from "../data/random.ts";
import { tellsValues } from "./lossField.ts";
import type { Fault } from "./scheduleField.ts";

/** The fields of a recipe whose data are a table. */
export const tableFields = {
  target: z
    .preprocess((given) => (typeof given === "string" ? [given] : given), z.array(z.string().min(1)).min(1))
    .optional()
    .describe(
      "a table's column to tell from the others, or several; with the loss mse values, else the classes of one",
    ),
  test_split: z
    .number()
    .positive()
    .refine((value) => value < 1 || Number.isInteger(value), "must be a share below 1 or a whole number of rows")
    .optional()
    .describe("a table's rows that make the test set: a share, or a number; 0.2 unless given"),
  data_seed: z
    .number()
    .int()
    .min(0)
    .max(MAX_SEED)
    .optional()
    .describe("which rows those are; the same for all members, and 0 unless given"),
};

/** Whether a recipe's data are a table in a file. */
export const isTable = (data: string): boolean => /\.csv$/i.test(data);

/** What is wrong with how a recipe takes a table. */
export function tableFaults(recipe: {
  readonly data: string;
  readonly loss: { readonly name: string };
  readonly target?: readonly string[] | undefined;
  readonly test_split?: number | undefined;
  readonly data_seed?: number | undefined;
}): readonly Fault[] {
  const { data, loss, target = [] } = recipe;
  if (!isTable(data)) {
    const given = (["target", "test_split", "data_seed"] as const).filter((field) => recipe[field] !== undefined);
    const message = `is about a table, and the data are ${data}: leave it out, or give a file whose name ends in .csv`;
    return given.map((field) => ({ path: [field], message }));
  }
  if (target.length === 0) {
    return [{ path: ["target"], message: `is missing: name the column of ${data} that is to be told from the others` }];
  }
  const twice = target.find((name, i) => target.indexOf(name) !== i);
  if (twice !== undefined) return [{ path: ["target"], message: `"${twice}" is given twice` }];
  if (target.length > 1 && !tellsValues(loss)) {
    const message = `${loss.name} tells the classes of one column, and there are ${target.length}: name one, or take the loss mse`;
    return [{ path: ["target"], message }];
  }
  return [];
}
