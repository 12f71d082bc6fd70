/**
 * Safetensors files (https://github.com/huggingface/safetensors): u64 length of the header, the header in JSON, the tensors'
 * bytes; all little-endian. Reading is strict: whatever the format forbids is an error that names the file.
 */

const TYPES = {
  F64: Float64Array,
  F32: Float32Array,
  I64: BigInt64Array,
  I32: Int32Array,
  U32: Uint32Array,
  U8: Uint8Array,
} as const;

/** The number types read and written here. */
export type Dtype = keyof typeof TYPES;

/** The values of a tensor; their class is its dtype. */
export type TensorData = Float64Array | Float32Array | BigInt64Array | Int32Array | Uint32Array | Uint8Array;

/** A tensor: `data` is [product of shape], the last dimension running fastest; shape [] is a single number. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly data: TensorData;
}

/** Everything in a safetensors file. */
export interface Safetensors {
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** The file's free strings; empty where it has none. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** The format's own limit. */
const MAX_HEADER_BYTES = 100_000_000;

const METADATA = "__metadata__";

/** The dtype of a tensor's data. */
export function dtypeOf(data: TensorData): Dtype {
  const dtype = (Object.keys(TYPES) as Dtype[]).find((name) => data instanceof TYPES[name]);
  if (!dtype) throw new Error(`no safetensors dtype for a ${Object.prototype.toString.call(data)}`);
  return dtype;
}

/**
 * Reads a file. A tensor is a view of `bytes` where it lies aligned, as in files written here, else a copy.
 * @param file names the file in errors
 * @throws Error for anything but a whole and valid file, and for a dtype not listed in `Dtype`
 */
export function readSafetensors(bytes: Uint8Array, file: string): Safetensors {
  const fail = (reason: string): never => {
    throw new Error(`${file}: not a valid safetensors file: ${reason}`);
  };
  if (bytes.length < 8) return fail(`${bytes.length} bytes are too few for the header's length`);
  const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(0, true);
  if (length > MAX_HEADER_BYTES) return fail(`a header of ${length} bytes; at most ${MAX_HEADER_BYTES} are allowed`);
  const start = 8 + Number(length);
  if (start > bytes.length) return fail(`a header of ${length} bytes in a file of ${bytes.length}; is it truncated?`);
  const header = parseHeader(bytes.subarray(8, start), fail);
  const metadata = Object.hasOwn(header, METADATA) ? readMetadata(header[METADATA], fail) : {};
  const entries = Object.entries(header)
    .filter(([name]) => name !== METADATA)
    .map(([name, value]) => readEntry(name, value, fail));
  checkCover(entries, bytes.length - start, fail);
  const tensors = new Map<string, Tensor>(
    entries.map(({ name, dtype, shape, begin, end }) => {
      const from = bytes.byteOffset + start + begin;
      const Type = TYPES[dtype];
      const aligned = from % Type.BYTES_PER_ELEMENT === 0;
      const source = aligned ? bytes : bytes.slice(start + begin, start + end);
      const size = (end - begin) / Type.BYTES_PER_ELEMENT;
      return [name, { shape, data: new Type(source.buffer as ArrayBuffer, aligned ? from : 0, size) }] as const;
    }),
  );
  return { tensors, metadata };
}

/**
 * Writes a file: the tensors in the order given, except that wider types come first, so that every tensor lies aligned.
 * @throws Error for a tensor whose data does not fit its shape, and for the one name that the format keeps for itself
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const header: [string, unknown][] = Object.keys(metadata).length > 0 ? [[METADATA, metadata]] : [];
  const sorted = [...tensors].sort(([, a], [, b]) => b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT);
  let end = 0;
  for (const [name, { shape, data }] of sorted) {
    if (name === METADATA) throw new Error(`a tensor cannot be called ${METADATA}; the format keeps that name`);
    const size = shape.reduce((product, n) => product * n, 1);
    if (size !== data.length || !shape.every(isSize)) {
      throw new Error(`tensor ${name}: shape [${shape.join(", ")}] does not fit its ${data.length} values`);
    }
    header.push([name, { dtype: dtypeOf(data), shape, data_offsets: [end, end + data.byteLength] }]);
    end += data.byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const start = 8 + Math.ceil(json.length / 8) * 8;
  if (start - 8 > MAX_HEADER_BYTES) throw new Error(`a safetensors header of ${json.length} bytes is over the limit`);
  const bytes = new Uint8Array(start + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(start - 8), true);
  bytes.set(json, 8);
  bytes.fill(0x20, 8 + json.length, start); // the header's padding is spaces
  let at = start;
  for (const [, { data }] of sorted) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}

type Fail = (reason: string) => never;

interface Entry {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

function parseHeader(bytes: Uint8Array, fail: Fail): Record<string, unknown> {
  if (bytes[0] !== 0x7b) return fail('the header does not start with "{"');
  let text: string;
  let header: Record<string, unknown>;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    header = JSON.parse(text) as Record<string, unknown>;
  } catch (cause) {
    return fail(`the header is no valid JSON (${(cause as Error).message})`);
  }
  const duplicate = duplicateKey(text);
  return duplicate === undefined ? header : fail(`the header has ${quote(duplicate)} twice`);
}

/** The first key that an object of a valid JSON text has twice, which JSON.parse accepts in silence. */
function duplicateKey(text: string): string | undefined {
  const open: Set<string>[] = [];
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === "{") open.push(new Set());
    if (char === "}") open.pop();
    if (char !== '"') continue;
    const from = at++;
    while (text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
    let next = at + 1;
    while (/\s/.test(text[next] ?? "")) next++;
    if (text[next] !== ":") continue;
    const key = JSON.parse(text.slice(from, at + 1)) as string;
    const keys = open.at(-1) as Set<string>;
    if (keys.has(key)) return key;
    keys.add(key);
  }
  return undefined;
}

function readMetadata(value: unknown, fail: Fail): Record<string, string> {
  if (!isObject(value) || !Object.values(value).every((text) => typeof text === "string")) {
    return fail(`${METADATA} is no object of strings`);
  }
  return value as Record<string, string>;
}

function readEntry(name: string, value: unknown, fail: Fail): Entry {
  if (!isObject(value)) return fail(`tensor ${quote(name)} is no object`);
  const { dtype, shape, data_offsets: offsets, ...others } = value;
  const extra = Object.keys(others)[0];
  if (extra !== undefined) return fail(`tensor ${quote(name)} has an unknown field ${quote(extra)}`);
  if (typeof dtype !== "string" || !Object.hasOwn(TYPES, dtype)) {
    return fail(`tensor ${quote(name)} has dtype ${quote(dtype)}; ${Object.keys(TYPES).join(", ")} can be read`);
  }
  if (!Array.isArray(shape) || !shape.every(isSize))
    return fail(`tensor ${quote(name)}: shape is no list of whole numbers`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize)) {
    return fail(`tensor ${quote(name)}: data_offsets is no pair of whole numbers`);
  }
  const [begin, end] = offsets as [number, number];
  const size = shape.reduce((product, n) => product * n, TYPES[dtype as Dtype].BYTES_PER_ELEMENT);
  if (end - begin !== size) {
    return fail(
      `tensor ${quote(name)}: ${dtype} [${shape.join(", ")}] takes ${size} bytes, its offsets give ${end - begin}`,
    );
  }
  return { name, dtype: dtype as Dtype, shape, begin, end };
}

/** The tensors must cover all of the data, without overlaps or holes. */
function checkCover(entries: readonly Entry[], dataBytes: number, fail: Fail): void {
  let covered = 0;
  for (const { name, begin, end } of entries.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin < covered)
      fail(`tensor ${quote(name)} overlaps the one before it, which ends at byte ${covered} of the data`);
    if (begin > covered) fail(`a hole of ${begin - covered} bytes before tensor ${quote(name)}`);
    if (end > dataBytes)
      fail(`tensor ${quote(name)} ends at byte ${end} of ${dataBytes} bytes of data; is it truncated?`);
    covered = end;
  }
  if (covered < dataBytes) fail(`${dataBytes - covered} bytes of data belong to no tensor`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** A string of the file for an error message, which must stay short and printable. */
function quote(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value.slice(0, 80)) : `of type ${typeof value}`;
}
