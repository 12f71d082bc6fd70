import { parseCsv } from "#platform";

/** A table of texts, as a CSV file has it. */
export interface Csv {
  readonly file: string;
  /** Of the columns, from the file's first line. */
  readonly names: readonly string[];
  /** [rows][columns] */
  readonly rows: readonly (readonly string[])[];
  /** The line of the file on which each row begins, from 1. */
  readonly lines: readonly number[];
}

/** No file larger than this is taken: its texts would fill the memory several times over. */
const MAX_BYTES = 2 ** 28;

/** What may stand between cells: the one that the header has most of. */
const DELIMITERS = [",", ";", "\t"] as const;

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/**
 * Reads a CSV file in UTF-8 (RFC 4180): a header with the columns' names, then rows of as many cells; cells between commas,
 * semicolons or tabs, also quoted; lines that end with LF or CRLF.
 * @throws Error that names file and line
 */
export async function readCsv(bytes: Uint8Array, file: string): Promise<Csv> {
  if (bytes.length > MAX_BYTES) throw new Error(`${file}: ${bytes.length} bytes; at most ${MAX_BYTES} are read`);
  const text = decode(bytes, file);
  const records = await parseCsv(text, delimiterOf(text)).catch((cause: Error & { lines?: number }) => {
    const line = cause.lines === undefined ? "" : `:${cause.lines}`;
    throw new Error(`${file}${line}: no valid CSV: ${cause.message}`, { cause });
  });
  const [header, ...body] = records;
  if (!header) throw new Error(`${file}: empty; expected a header with the columns' names, and rows`);
  const names = header.record;
  checkNames(names, file);
  if (body.length === 0) throw new Error(`${file}: holds no rows below its header`);
  // A quoted cell may go over several lines: a row begins behind the one before and the empty lines between.
  const lines = body.map(({ info }, row) => {
    const before = (body[row - 1] ?? header).info;
    return before.lines + 1 + info.empty_lines - before.empty_lines;
  });
  const odd = body.findIndex(({ record }) => record.length !== names.length);
  if (odd >= 0) {
    const found = body[odd]?.record.length;
    throw new Error(
      `${file}:${lines[odd]}: ${found} cells, and the header has ${names.length}; give every row as many`,
    );
  }
  return { file, names, rows: body.map(({ record }) => record), lines };
}

function decode(bytes: Uint8Array, file: string): string {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes); // which takes a byte order mark away
    // A file may mix line ends; the parser would take the first one's for all.
    return text.replace(/\r\n?/g, "\n");
  } catch (cause) {
    throw new Error(`${file}: no text in UTF-8; save it in that encoding`, { cause });
  }
}

function delimiterOf(text: string): string {
  const header = /^\s*(.*)/.exec(text)?.[1]?.replace(/"[^"]*"/g, "") ?? "";
  const counts = DELIMITERS.map((delimiter) => header.split(delimiter).length);
  return DELIMITERS[counts.indexOf(Math.max(...counts))] as string;
}

function checkNames(names: readonly string[], file: string): void {
  const nameless = names.indexOf("");
  if (nameless >= 0) throw new Error(`${file}:1: column ${nameless + 1} has no name; give it one, or leave it out`);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new Error(`${file}:1: two columns are named "${twice}"; give each its own name`);
  if (names.every((name) => NUMBER.test(name))) {
    throw new Error(`${file}:1: only numbers where the columns' names are expected; put a line with names in front`);
  }
}

/**
 * The place of a column.
 * @throws Error that lists what there is
 */
export function columnOf({ file, names }: Csv, name: string): number {
  const at = names.indexOf(name);
  if (at >= 0) return at;
  const shown = names.length > 20 ? [...names.slice(0, 20), "..."] : names;
  throw new Error(`${file}: no column is named "${name}"; it has ${shown.join(", ")}`);
}

/** The texts of a column, [rows]. */
export function textsOf(csv: Csv, name: string): readonly string[] {
  const column = columnOf(csv, name);
  return csv.rows.map((row) => row[column] as string);
}

/**
 * The numbers of a column, [rows].
 * @param hint what else a person may want where a cell is a text
 * @throws Error that names line and column of a cell that is none
 */
export function numbersOf(csv: Csv, name: string, hint = ""): Float64Array {
  return Float64Array.from(textsOf(csv, name), (text, row) => {
    const value = Number(text);
    if (NUMBER.test(text) && Number.isFinite(value)) return value;
    const what = text === "" ? "is missing" : `is ${shorten(text)}, no ${NUMBER.test(text) ? "finite " : ""}number`;
    throw new Error(`${csv.file}:${csv.lines[row]}: column "${name}" ${what}; leave the row out, or mend it${hint}`);
  });
}

/** Whether all texts are numbers. */
export const areNumbers = (texts: readonly string[]): boolean => texts.every((text) => NUMBER.test(text));

/** A text for a message: quoted, and not longer than a line. */
export function shorten(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}...` : text);
}
