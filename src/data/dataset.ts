import { CLASSES, IMAGE_SIZE, readImages, readLabels } from "./idx.ts";
import type { Table } from "./table.ts";

/** How files are reached; the platform supplies it. Paths join with "/". */
export interface FileAccess {
  /** A file's bytes; rejects with an error that names the file and says why it cannot be read. */
  read(path: string): Promise<Uint8Array>;
  exists(path: string): Promise<boolean>;
  /** The folder with the four files of MNIST; throws an error that says how to get them where they are not installed. */
  mnistFolder(): string;
}

/** Samples with what they are to be told as: images in classes, or rows of a table. */
export interface Split {
  /**
   * u8 [count, rowBytes]: grey values 0 (paper) to 255, rows of pixels top to bottom. Of a table the bytes of f32 [count,
   * ceil4(width)]: standardised features, pads 0.
   */
  readonly images: Uint8Array;
  /** u8 [count], each in 0..classes-1; with `values` the bytes of f32 [count, ceil4(values)]: standardised, pads 0. */
  readonly labels: Uint8Array;
  readonly count: number;
  /** Pixels, or a table's features by 1. */
  readonly width: number;
  readonly height: number;
  /** Bytes from one sample to the next, a multiple of 4 as the kernels want it: width * height of u8. */
  readonly rowBytes: number;
  /** 0 where samples are to be told as values. */
  readonly classes: number;
  /** How `images` are stored; u8 unless given. */
  readonly format?: "f32";
  /** How many values a sample is to be told as; absent where those are classes. */
  readonly values?: number;
}

/** A data set: of images in classes, or of a table. */
export interface Dataset {
  /** "mnist", the folder, or the table's file. */
  readonly name: string;
  readonly train: Split;
  readonly test: Split;
  /** What the columns of a table are. */
  readonly table?: Table;
}

/** Bytes from one sample's label to the next. */
export const labelBytes = ({ values = 0 }: Split): number => (values > 0 ? 16 * Math.ceil(values / 4) : 1);

const PARTS = {
  "train images": "train-images",
  "train labels": "train-labels",
  "test images": "t10k-images",
  "test labels": "t10k-labels",
} as const;

/**
 * Loads MNIST (`name` is "mnist") or another set of 28 x 28 images in ten classes from a folder that holds MNIST's four
 * files: train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte; also spelled
 * "train-images.idx3-ubyte" and so on, and either with ".gz".
 * @throws Error that lists the missing files, or names the file that cannot be used and why
 */
export async function loadDataset(name: string, access: FileAccess): Promise<Dataset> {
  const folder = name === "mnist" ? access.mnistFolder() : name.replace(/(?<=.)\/+$/, "");
  const found = new Map<string, string>();
  for (const part of Object.values(PARTS)) {
    for (const file of spellings(part)) {
      const path = `${folder}/${file}`;
      if (!found.has(part) && (await access.exists(path))) found.set(part, path);
    }
  }
  const missing = Object.entries(PARTS).filter(([, part]) => !found.has(part));
  if (missing.length > 0) {
    const list = missing.map(([what, part]) => `${spellings(part)[0]} (${what})`).join(", ");
    throw new Error(`${folder}: missing ${list}; each may also end in .gz`);
  }
  const split = (images: string, labels: string) =>
    loadSplit(found.get(images) as string, found.get(labels) as string, access);
  return {
    name,
    train: await split(PARTS["train images"], PARTS["train labels"]),
    test: await split(PARTS["test images"], PARTS["test labels"]),
  };
}

/** A part's file names, the canonical one first. */
function spellings(part: string): string[] {
  const type = part.endsWith("images") ? "idx3-ubyte" : "idx1-ubyte";
  return [`${part}-${type}`, `${part}.${type}`].flatMap((file) => [file, `${file}.gz`]);
}

async function loadSplit(imageFile: string, labelFile: string, access: FileAccess): Promise<Split> {
  const images = await readImages(await access.read(imageFile), imageFile);
  const labels = await readLabels(await access.read(labelFile), labelFile);
  if (images.count !== labels.count) {
    throw new Error(
      `${imageFile} holds ${images.count} images, but ${labelFile} holds ${labels.count} labels; expected as many`,
    );
  }
  return {
    images: images.data,
    labels: labels.data,
    count: images.count,
    width: IMAGE_SIZE,
    height: IMAGE_SIZE,
    rowBytes: IMAGE_SIZE * IMAGE_SIZE,
    classes: CLASSES,
  };
}
