import { z } from "zod";
import type { Plan } from "./plan.ts";
import { type VaryValue, varyRows } from "./vary.ts";

/** Each member's values of a recipe's `vary`. */
export type Rows = readonly (readonly VaryValue[])[];

/** Whether members have other values by now than those that they began with. */
export function haveMoved(rows: Rows, { recipe }: Plan): boolean {
  return recipe.vary !== undefined && JSON.stringify(rows) !== JSON.stringify(varyRows(recipe.vary));
}

const rowsSchema = z.array(z.array(z.union([z.number(), z.boolean(), z.string()])));

/**
 * Reads the rows in a checkpoint's metadata.
 * @param file names the checkpoint in errors
 */
export function decodeRows(text: string, { members }: Plan, file: string): Rows {
  try {
    const rows = rowsSchema.parse(JSON.parse(text));
    if (rows.length !== members.length) throw new Error(`there are ${rows.length} for ${members.length} members`);
    return rows;
  } catch (cause) {
    throw new Error(`${file}: its members' values cannot be read: ${(cause as Error).message}`, { cause });
  }
}
