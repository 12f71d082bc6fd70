import { areNumbers, type Csv, columnOf, numbersOf, readCsv, shorten, textsOf } from "./csv.ts";
import type { Dataset, FileAccess, Split } from "./dataset.ts";
import { chooseHeld } from "./split.ts";
import { type Column, columnFrom, standardise } from "./standard.ts";

/** What the columns of a data set from a table are. Plain data: a checkpoint keeps it. */
export interface Table {
  /** All columns but the targets, in the file's order. */
  readonly features: readonly Column[];
  /** Values to tell, or the one column whose texts are classes: sorted, by number where all are. */
  readonly target:
    | { readonly kind: "values"; readonly columns: readonly Column[] }
    | { readonly kind: "classes"; readonly name: string; readonly classes: readonly string[] };
  /** Rows that means and deviations are of. */
  readonly trainCount: number;
}

/** How a table becomes a data set. */
export interface TableSetting {
  /** Names of the columns to tell. */
  readonly target: readonly string[];
  readonly kind: Table["target"]["kind"];
  /** Rows of the test set: a share below 1, or how many. */
  readonly testSplit: number;
  /** Which rows those are. */
  readonly seed: number;
}

/** Classes that fit a label's byte. */
const MAX_CLASSES = 256;
/** An order of its own, which has nothing to do with training nor with validation samples. */
const EPOCH = 0xfffffffe;

/**
 * Loads a CSV file, sets rows aside as the test set (of each class in proportion) and standardises by the others.
 * @throws Error that names the file, and line and column of a cell that does not fit
 */
export async function loadTable(file: string, access: FileAccess, setting: TableSetting): Promise<Dataset> {
  const csv = await readCsv(await access.read(file), file);
  const { target, kind, testSplit, seed } = setting;
  for (const name of target) columnOf(csv, name);
  const names = csv.names.filter((name) => !target.includes(name));
  if (names.length === 0) throw new Error(`${file}: every column is a target; there must be one to tell them from`);
  const features = names.map((name) => numbersOf(csv, name));
  const count = csv.rows.length;
  const held = testSplit < 1 ? Math.max(1, Math.round(testSplit * count)) : testSplit;
  if (held >= count) {
    throw new Error(`${file}: test_split takes ${held} of its ${count} rows, which leaves none to train on`);
  }
  const told = kind === "classes" ? classesOf(csv, target[0] as string) : valuesOf(csv, target);
  const isHeld = chooseHeld({ count, ...("labels" in told && told) }, held, seed, EPOCH);
  const ofTraining = (values: Float64Array) => values.filter((_, row) => isHeld[row] === 0);
  const standard = (own: readonly string[], columns: readonly Float64Array[]) =>
    own.map((name, i) => columnFrom(name, ofTraining(columns[i] as Float64Array), file));
  const columns = "values" in told ? standard(target, told.values) : [];
  const constant = columns.find(({ deviation }) => deviation === 0);
  if (constant)
    throw new Error(`${file}: "${constant.name}" is ${constant.mean} in every row of training: nothing to tell`);
  const table: Table = {
    features: standard(names, features),
    target:
      "values" in told
        ? { kind: "values", columns }
        : { kind: "classes", name: target[0] as string, classes: told.names },
    trainCount: count - held,
  };
  const part = (which: 0 | 1) => {
    const rows = Array.from({ length: count }, (_, row) => row).filter((row) => isHeld[row] === which);
    return splitOf(table, features, told, rows);
  };
  return { name: file, train: part(0), test: part(1), table };
}

/**
 * All rows of a CSV file as a test set for what was trained on another: with its columns, by its means and deviations.
 * @throws Error as loadTable, and where a column of the other is missing or a class is new
 */
export async function loadTestTable(file: string, access: FileAccess, table: Table): Promise<Dataset> {
  const csv = await readCsv(await access.read(file), file);
  const features = table.features.map(({ name }) => numbersOf(csv, name));
  const { target } = table;
  const told =
    target.kind === "classes"
      ? classesOf(csv, target.name, target.classes)
      : valuesOf(
          csv,
          target.columns.map(({ name }) => name),
        );
  const rows = Array.from(csv.rows.keys());
  const test = splitOf(table, features, told, rows);
  return { name: file, train: test, test, table };
}

/** What rows are to be told as. */
type Told =
  | { readonly values: readonly Float64Array[] }
  | { readonly labels: Uint8Array; readonly classes: number; readonly names: readonly string[] };

function valuesOf(csv: Csv, target: readonly string[]): Told {
  const hint = "; to tell classes apart take another loss, such as cross_entropy";
  return { values: target.map((name) => numbersOf(csv, name, hint)) };
}

/** @param known the classes of training, where a row must have one of them */
function classesOf(csv: Csv, name: string, known?: readonly string[]): Told {
  const texts = textsOf(csv, name);
  const at = (row: number) => `${csv.file}:${csv.lines[row]}: column "${name}"`;
  const missing = texts.indexOf("");
  if (missing >= 0) throw new Error(`${at(missing)} is missing; leave the row out, or mend it`);
  const found = [...new Set(texts)];
  const isNumeric = areNumbers(found);
  if (!known && found.length > MAX_CLASSES) {
    const advice = isNumeric ? "to tell its values take the loss mse" : "take a column with fewer";
    throw new Error(
      `${csv.file}: column "${name}" holds ${found.length} different ${isNumeric ? "numbers" : "texts"}, and there may be ` +
        `${MAX_CLASSES} classes at most; ${advice}`,
    );
  }
  const names = known ?? (isNumeric ? found.sort((a, b) => Number(a) - Number(b)) : found.sort());
  if (names.length < 2)
    throw new Error(`${csv.file}: column "${name}" is ${shorten(`${names[0]}`)} in every row: nothing to tell`);
  const places = new Map(names.map((own, label) => [own, label]));
  const labels = Uint8Array.from(texts, (text, row) => {
    const label = places.get(text);
    if (label !== undefined) return label;
    throw new Error(`${at(row)} is ${shorten(text)}, none of the classes of training: ${names.join(", ")}`);
  });
  return { labels, classes: names.length, names };
}

function splitOf(table: Table, features: readonly Float64Array[], told: Told, rows: readonly number[]): Split {
  const images = matrix(table.features, features, rows);
  const columns = table.target.kind === "values" ? table.target.columns : [];
  const labels =
    "values" in told ? matrix(columns, told.values, rows) : Uint8Array.from(rows, (row) => told.labels[row] as number);
  return {
    ...{ images, labels, count: rows.length, width: features.length, height: 1 },
    rowBytes: images.length / rows.length,
    classes: "values" in told ? 0 : told.classes,
    format: "f32",
    ...("values" in told && { values: columns.length }),
  };
}

/** Columns standardised, as the bytes of f32 [rows, ceil4(columns)], pads 0. */
function matrix(columns: readonly Column[], values: readonly Float64Array[], rows: readonly number[]): Uint8Array {
  const stride = 4 * Math.ceil(columns.length / 4);
  const floats = new Float32Array(rows.length * stride);
  columns.forEach((column, c) => {
    const own = standardise(column, values[c] as Float64Array);
    rows.forEach((row, i) => {
      floats[i * stride + c] = own[row] as number;
    });
  });
  return new Uint8Array(floats.buffer);
}
