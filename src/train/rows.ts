import { z } from "zod";
import type { Plan } from "./plan.ts";
import { type Rows, varyRows, varyValue } from "./vary.ts";

/** Whether members have other values by now than those that they began with. */
export function haveMoved(rows: Rows, { recipe }: Plan): boolean {
  return recipe.vary !== undefined && JSON.stringify(rows) !== JSON.stringify(varyRows(recipe.vary));
}

const rowsSchema = z.array(z.array(varyValue));

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
