import { z } from "zod";
import type { Table } from "../data/table.ts";
import type { Safetensors } from "../io/safetensors.ts";

const column = z.strictObject({ name: z.string(), mean: z.number(), deviation: z.number().min(0) });

const tableSchema = z.strictObject({
  features: z.array(column),
  target: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("values"), columns: z.array(column) }),
    z.strictObject({ kind: z.literal("classes"), name: z.string(), classes: z.array(z.string()) }),
  ]),
  trainCount: z.number().int().min(1),
});

/**
 * The columns of the table that a checkpoint's run was trained on, with their means and deviations; undefined where it was none.
 * @throws Error where they cannot be read
 */
export function tableOfCheckpoint({ metadata }: Safetensors, file: string): Table | undefined {
  if (metadata.table === undefined) return undefined;
  try {
    return tableSchema.parse(JSON.parse(metadata.table));
  } catch (cause) {
    throw new Error(`${file}: the columns of its table cannot be read: ${(cause as Error).message}`, { cause });
  }
}
