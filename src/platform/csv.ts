import { CSV_OPTIONS, type CsvRecord } from "./types.ts";

/** Takes a CSV text apart by the package csv-parse, in the form that needs Node's Buffer. Rejects with its error. */
export async function parseCsv(text: string, delimiter: string): Promise<readonly CsvRecord[]> {
  const { parse } = await import("csv-parse/sync");
  return parse(text, { ...CSV_OPTIONS, delimiter }) as unknown as CsvRecord[];
}
