/**
 * Reads IDX files, the format of MNIST (LeCun, Cortes & Burges): a big-endian header of a magic number 0x000008DD (08: u8
 * values, DD: dimensions) and DD sizes, then the values. Plain or gzip. Every error names the file.
 */

/** What an IDX file holds: `data` is [count, height, width] u8 of images, or [count] u8 of labels. */
export interface Idx {
  readonly count: number;
  readonly data: Uint8Array;
}

/** Height and width of every image. */
export const IMAGE_SIZE = 28;

/** Labels lie in 0..CLASSES-1. */
export const CLASSES = 10;

const KINDS = {
  images: { magic: 0x803, headerBytes: 16, valueBytes: IMAGE_SIZE * IMAGE_SIZE },
  labels: { magic: 0x801, headerBytes: 8, valueBytes: 1 },
} as const;

type Kind = keyof typeof KINDS;

/** No file larger than this, unpacked, is taken: its header cannot make a reader ask for more memory. */
const MAX_BYTES = 2 ** 30;

/** What deflate can shrink at best is 1032 to 1: a gzip file whose header promises more does not hold it. */
const MAX_GZIP_RATIO = 1032;

/** Bytes unpacked at a time: an engine may unpack the whole of a piece, 1032 times its size, before it can be stopped. */
const PIECE_BYTES = 16384;

/**
 * Reads images of 28 x 28: u8 [count, 28, 28], without a copy where the file is not packed.
 * @throws Error for a file that is not that, truncated, too long, empty or damaged
 */
export function readImages(bytes: Uint8Array, file: string): Promise<Idx> {
  return readIdx(bytes, file, "images");
}

/**
 * Reads labels: u8 [count], each in 0..9, without a copy where the file is not packed.
 * @throws Error for a file that is not that, truncated, too long, empty or damaged, or that holds another label
 */
export async function readLabels(bytes: Uint8Array, file: string): Promise<Idx> {
  const labels = await readIdx(bytes, file, "labels");
  const wrong = labels.data.findIndex((label) => label >= CLASSES);
  if (wrong >= 0) {
    throw new Error(`${file}: label ${wrong} is ${labels.data[wrong]}; labels must lie in 0..${CLASSES - 1}`);
  }
  return labels;
}

async function readIdx(bytes: Uint8Array, file: string, kind: Kind): Promise<Idx> {
  const packed = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const unpacked = packed ? await unpack(bytes, file, kind) : bytes;
  const { count, total } = readHeader(unpacked, file, kind);
  if (unpacked.length < total) {
    throw new Error(
      `${file}: truncated: its header promises ${count} ${kind}, ${total} bytes, but it ends after ${unpacked.length}`,
    );
  }
  if (unpacked.length > total) throw tooLong(file, kind, count, total);
  return { count, data: unpacked.subarray(KINDS[kind].headerBytes) };
}

/** Checks an IDX header; gives the number of values and the file's length in bytes. */
function readHeader(bytes: Uint8Array, file: string, kind: Kind): { count: number; total: number } {
  const { magic, headerBytes, valueBytes } = KINDS[kind];
  if (bytes.length >= 4) {
    const found = word(bytes, 0);
    if (found !== magic) {
      const other = Object.entries(KINDS).find(([, { magic }]) => magic === found)?.[0];
      throw new Error(
        `${file}: expected an IDX file of ${kind} (magic number ${hex(magic)}), ` +
          `found magic number ${hex(found)}${other ? `, a file of ${other}` : ""}`,
      );
    }
  }
  if (bytes.length < headerBytes) {
    throw new Error(`${file}: truncated: an IDX header of ${kind} takes ${headerBytes} bytes, found ${bytes.length}`);
  }
  const count = word(bytes, 4);
  if (kind === "images" && (word(bytes, 8) !== IMAGE_SIZE || word(bytes, 12) !== IMAGE_SIZE)) {
    const [height, width] = [word(bytes, 8), word(bytes, 12)];
    throw new Error(`${file}: images are ${height}x${width}; expected ${IMAGE_SIZE}x${IMAGE_SIZE}`);
  }
  if (count === 0) throw new Error(`${file}: holds no ${kind}; expected at least one`);
  const total = headerBytes + count * valueBytes;
  if (total > MAX_BYTES) {
    throw new Error(`${file}: its header promises ${count} ${kind}, ${total} bytes; at most ${MAX_BYTES} are read`);
  }
  return { count, total };
}

/** Unpacks gzip, but no more than the IDX header inside promises. */
async function unpack(bytes: Uint8Array, file: string, kind: Kind): Promise<Uint8Array> {
  const header = new Uint8Array(KINDS[kind].headerBytes);
  let out = header;
  let length = 0;
  let promise: { count: number; total: number } | undefined;
  const reader = pieces(bytes).pipeThrough(new DecompressionStream("gzip")).getReader();
  try {
    for (;;) {
      const { done, value } = await read(reader, file);
      if (done) return out.subarray(0, length);
      let used = 0;
      if (!promise) {
        used = Math.min(header.length - length, value.length);
        header.set(value.subarray(0, used), length);
        length += used;
        if (length < header.length) continue;
        promise = readHeader(header, file, kind);
        if (promise.total > bytes.length * MAX_GZIP_RATIO) {
          throw new Error(
            `${file}: truncated: its header promises ${promise.count} ${kind}, ${promise.total} bytes, ` +
              `more than ${bytes.length} bytes of gzip can hold`,
          );
        }
        out = new Uint8Array(promise.total);
        out.set(header);
      }
      const rest = value.subarray(used);
      if (length + rest.length > promise.total) throw tooLong(file, kind, promise.count, promise.total);
      out.set(rest, length);
      length += rest.length;
    }
  } finally {
    await reader.cancel().catch(() => undefined); // a stream that has failed refuses to be cancelled
  }
}

async function read(reader: ReadableStreamDefaultReader<Uint8Array>, file: string) {
  try {
    return await reader.read();
  } catch (cause) {
    throw new Error(`${file}: damaged or truncated gzip data (${(cause as Error).message})`, { cause });
  }
}

function pieces(bytes: Uint8Array): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      controller.enqueue(bytes.slice(at, at + PIECE_BYTES));
      at += PIECE_BYTES;
      if (at >= bytes.length) controller.close();
    },
  });
}

function tooLong(file: string, kind: Kind, count: number, total: number): Error {
  return new Error(`${file}: its header promises ${count} ${kind}, ${total} bytes, but more bytes follow`);
}

function word(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(at);
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, "0")}`;
}
