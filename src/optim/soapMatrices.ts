import { type Arena, layOut, roundUp, type Tensor } from "../nn/tensors.ts";
import type { ExtraTensor } from "./optimizer.ts";

/** Rows and columns of a workgroup's tile: shaders/optim/soap_product.wgsl. */
const TILE = 32;

/** One side of a weight matrix: its preconditioner and the eigenvectors of it, in the buffer `extra`. */
export interface Side {
  readonly size: number;
  /** L or R, [size, size]. */
  readonly gram: Tensor;
  /** Q_L or Q_R, an eigenvector a row. */
  readonly basis: Tensor;
  /** Where their images, such as L Q_L, lie in a member's part of `images`, in floats. */
  readonly imagesAt: number;
}

/** A weight matrix with a preconditioner for one side or both. */
export interface Preconditioned {
  readonly tensor: Tensor;
  readonly left?: Side;
  readonly right?: Side;
}

/** All that is preconditioned in an arena. */
export interface Preconditioners {
  readonly matrices: readonly Preconditioned[];
  readonly sides: readonly Side[];
  /** What is kept beside the slots, and how it lies. */
  readonly kept: readonly ExtraTensor[];
  readonly extra: Arena;
  /** Floats of a member's part of `images`. */
  readonly images: number;
}

/** Finds the sides that are no longer than `longest`. A matrix of one row counts as a vector, which has none. */
export function preconditioners({ tensors }: Arena, longest: number): Preconditioners {
  const isTaken = (size: number) => size > 1 && size <= longest;
  const weights = tensors.filter(({ rows }) => rows > 1);
  const kept = weights.flatMap(({ name, rows, columns }) => [
    ...(isTaken(rows) ? squares(`L.${name}`, `Q_L.${name}`, rows) : []),
    ...(isTaken(columns) ? squares(`R.${name}`, `Q_R.${name}`, columns) : []),
  ]);
  const extra = layOut(Object.fromEntries(kept.map(({ name, shape }) => [name, shape])));
  const places = new Map(extra.tensors.map((tensor) => [tensor.name, tensor]));
  const sides: Side[] = [];
  let images = 0;
  const sideOf = (gramName: string, basisName: string): Side | undefined => {
    const [gram, basis] = [places.get(gramName), places.get(basisName)];
    if (!gram || !basis) return undefined;
    const side = { size: gram.rows, gram, basis, imagesAt: images };
    images += gram.rows * gram.rowStride;
    sides.push(side);
    return side;
  };
  const matrices = weights.flatMap((tensor) => {
    const left = sideOf(`L.${tensor.name}`, `Q_L.${tensor.name}`);
    const right = sideOf(`R.${tensor.name}`, `Q_R.${tensor.name}`);
    return left || right ? [{ tensor, ...(left && { left }), ...(right && { right }) }] : [];
  });
  return { matrices, sides, kept, extra, images };
}

const squares = (gram: string, basis: string, size: number): ExtraTensor[] => [
  { name: gram, shape: [size, size] },
  { name: basis, shape: [size, size], start: "identity" },
];

/** C [rows, columns] = A B over `depth`. */
export interface Product {
  readonly rows: number;
  readonly depth: number;
  readonly columns: number;
  /** Where A, B and C start, in floats of a member's part. */
  readonly left: number;
  readonly right: number;
  readonly out: number;
}

/** Products of one dispatch. */
export interface ProductStage {
  /** Its table's buffer. */
  readonly name: string;
  readonly label: string;
  readonly constants: Readonly<Record<string, boolean>>;
  /** The buffer that is read alone, and the one that C lies in. */
  readonly fixed: string;
  readonly changed: string;
  readonly products: readonly Product[];
}

/** Stages by the part they have in a step. Those without a product are left out. */
export type ProductStages = Readonly<Record<"before" | "after" | "refresh", readonly ProductStage[]>>;

/**
 * The products of a step. `work` has four parts of one layout, `part` floats each: gradient and momentum start in 0 and 1,
 * each rotation takes them to the other two, and what is rotated back ends in 0.
 */
export function productStages({ matrices, sides }: Preconditioners, part: number): ProductStages {
  const stage = (
    name: string,
    label: string,
    [fixed, changed]: readonly [string, string],
    flags: readonly string[],
    products: readonly Product[],
  ): ProductStage => {
    const isFixed = { LEFT_FIXED: false, RIGHT_FIXED: false };
    const constants = { ...isFixed, ...Object.fromEntries(flags.map((flag) => [flag, true])) };
    return { name: `soap_${name}`, label, constants, fixed, changed, products };
  };
  const of = (side: "left" | "right", products: (matrix: Preconditioned, side: Side) => readonly Product[]) =>
    matrices.flatMap((matrix) => (matrix[side] ? products(matrix, matrix[side]) : []));
  const at = ({ offset }: Tensor, number: number) => number * part + offset;
  const both = ["LEFT_FIXED", "RIGHT_FIXED"];
  const isSet = ({ products }: ProductStage) => products.length > 0;
  const [work, basis] = [["work", "extra"] as const, ["extra", "work"] as const];
  return {
    before: [
      stage(
        "gram_left",
        "L = b L + (1 - b) G G^T",
        work,
        [...both, "RIGHT_TRANSPOSED", "GRAM"],
        of("left", ({ tensor: { rows, columns, offset } }, { gram }) => [
          { rows, depth: columns, columns: rows, left: offset, right: offset, out: gram.offset },
        ]),
      ),
      stage(
        "gram_right",
        "R = b R + (1 - b) G^T G",
        work,
        [...both, "LEFT_TRANSPOSED", "GRAM"],
        of("right", ({ tensor: { rows, columns, offset } }, { gram }) => [
          { rows: columns, depth: rows, columns, left: offset, right: offset, out: gram.offset },
        ]),
      ),
      stage(
        "rotate_left",
        "Q_L^T G, Q_L^T M",
        basis,
        ["LEFT_FIXED"],
        of("left", ({ tensor }, { basis: { offset: left }, size: rows }) =>
          [0, 1].map((k) => {
            return { rows, depth: rows, columns: tensor.columns, left, right: at(tensor, k), out: at(tensor, k + 2) };
          }),
        ),
      ),
      stage(
        "rotate_right",
        "G Q_R, M Q_R",
        basis,
        ["RIGHT_FIXED", "RIGHT_TRANSPOSED"],
        of("right", ({ tensor, left }, { basis: { offset: right }, size: columns }) =>
          [0, 1].map((k) => {
            const [from, to] = left ? [k + 2, k] : [k, k + 2];
            return { rows: tensor.rows, depth: columns, columns, left: at(tensor, from), right, out: at(tensor, to) };
          }),
        ),
      ),
    ].filter(isSet),
    after: [
      stage(
        "back_right",
        "N Q_R^T",
        basis,
        ["RIGHT_FIXED"],
        of("right", ({ tensor, left }, { basis: { offset: right }, size: columns }) => {
          const [from, to] = left ? [0, 2] : [2, 0];
          return [{ rows: tensor.rows, depth: columns, columns, left: at(tensor, from), right, out: at(tensor, to) }];
        }),
      ),
      stage(
        "back_left",
        "Q_L N",
        basis,
        ["LEFT_FIXED", "LEFT_TRANSPOSED"],
        of("left", ({ tensor }, { basis: { offset: left }, size: rows }) => [
          { rows, depth: rows, columns: tensor.columns, left, right: at(tensor, 2), out: at(tensor, 0) },
        ]),
      ),
    ].filter(isSet),
    refresh: [
      stage(
        "images",
        "L Q_L, R Q_R",
        ["extra", "images"],
        both,
        sides.map(({ size, basis, gram, imagesAt }) => {
          return { rows: size, depth: size, columns: size, left: basis.offset, right: gram.offset, out: imagesAt };
        }),
      ),
    ].filter(isSet),
  };
}

/** Which part of `work` holds a rotated gradient; the next one holds its momentum. */
export const rotatedPart = ({ left, right }: Preconditioned): number => (left && right ? 0 : 2);

/** The table of a stage, as soap_product.wgsl reads it, and its tiles. */
export function productTable(products: readonly Product[]): { values: readonly number[]; tiles: number } {
  let tiles = 0;
  const values = products.flatMap(({ rows, depth, columns, left, right, out }) => {
    const first = tiles;
    tiles += Math.ceil(roundUp(rows, 4) / TILE) * Math.ceil(roundUp(columns, 4) / TILE);
    return [rows, depth, columns, first, left / 4, right / 4, out / 4, 0];
  });
  return { values, tiles };
}
