import { AUGMENT_KINDS, kindsOf } from "../data/augment.ts";
import { nodeGrid } from "../data/elastic.ts";
import type { BufferSpec } from "../gpu/buffers.ts";
import type { Dispatch } from "../gpu/dispatch.ts";
import { defineKernel, STEP_SHADER } from "../gpu/kernel.ts";
import type { DataShape } from "./dataShape.ts";
import type { Member } from "./members.ts";
import { RecipeError } from "./recipe.ts";

/** The name of the members' settings in a plan's buffers. */
export const AUGMENT_BUFFER = "augment";

/** The fields of `struct Augment` in shaders/data/augment/settings.wgsl, in their order. */
const ROW = ["shift", "rotate", "scale", "shear", "elastic", "noise", "erase"] as const;

/** Points of the elastic displacement that fit the workgroup memory every adapter has: 16 KiB, 8 bytes each. */
const MAX_POINTS = 2048;

/** What an augmented gather is made for. */
export interface AugmentSize {
  readonly members: readonly Pick<Member, "augment">[];
  /** Rows of a member's part of `x`. */
  readonly capacity: number;
  /** Most rows of a step. */
  readonly rows: number;
  /** Greys become byte * scale + shift. */
  readonly normalise: { readonly scale: number; readonly shift: number };
}

/**
 * Writes a chunk's training samples as floats, each changed at random; undefined where nothing is to change.
 * @throws RecipeError where the samples are no images, or elastic displacements need too many nodes
 */
export function augmentedGather(
  { width, inputs, rowBytes }: Pick<DataShape, "width" | "inputs" | "rowBytes">,
  { members, capacity, rows, normalise }: AugmentSize,
): Dispatch | undefined {
  // Members share the kinds, so that the first one's settings stand for them.
  const [first] = members;
  const kinds = first?.augment ? kindsOf(first.augment) : [];
  if (!first?.augment || kinds.length === 0) return undefined;
  if (width === undefined) throw new RecipeError("augment: changes images, and these samples are none: leave it out");
  const { elastic_sigma } = first.augment;
  const size = { width, height: inputs / width };
  const grid = nodeGrid(elastic_sigma, size);
  const isElastic = kinds.includes("elastic");
  const points = { NODES: grid.columns * grid.lines, NODES_X: grid.columns, FOLDED: grid.columns * size.height };
  if (isElastic && points.NODES + points.FOLDED > MAX_POINTS) {
    throw new RecipeError(
      `augment.elastic_sigma: ${elastic_sigma} takes ${points.NODES + points.FOLDED} points for images of ` +
        `${width}x${size.height}, and a workgroup holds ${MAX_POINTS}: use a larger one`,
    );
  }
  const words = rowBytes / 4;
  return {
    label: "gather augmented",
    kernel: defineKernel({
      shader: "data/gather_augmented.wgsl",
      uses: [
        STEP_SHADER,
        "lib/random.wgsl",
        "lib/normal.wgsl",
        ...["settings", "image", "affine", "elastic", "noise", "erase"].map((file) => `data/augment/${file}.wgsl`),
      ],
      constants: {
        ...Object.fromEntries(AUGMENT_KINDS.map((kind) => [kind.toUpperCase(), kinds.includes(kind)])),
        ...(isElastic && points),
      },
    }),
    buffers: { images: "train_images", order: "order", x: "x", seeds: "seeds", augment: AUGMENT_BUFFER },
    shape: {
      columns: width,
      lines: size.height,
      words,
      x_stride: capacity * words,
      ...normalise,
      spacing: grid.spacing,
    },
    workgroups: [rows, 1, members.length],
  };
}

/** The members' settings, [P] of `struct Augment`. */
export function augmentBuffer(members: readonly Pick<Member, "augment">[]): BufferSpec {
  const rows = augmentRows(members);
  return {
    bytes: rows.byteLength,
    usage: "storage",
    what: `how much samples are changed, [P=${members.length}]`,
    values: [...new Uint32Array(rows.buffer)],
  };
}

/** What that buffer holds. */
export const augmentRows = (members: readonly Pick<Member, "augment">[]): Float32Array<ArrayBuffer> =>
  Float32Array.from(members.flatMap(({ augment }) => ROW.map((name) => augment?.[name] ?? 0)));
