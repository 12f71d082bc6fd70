import { roundUp, type Tensor } from "../nn/tensors.ts";
import type { Preconditioned, Preconditioners, Side } from "./soapMatrices.ts";

/** Rows and columns of a workgroup's tile: shaders/optim/soap_product.wgsl. */
const TILE = 32;

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

/** Where matrices of products lie. */
export type ProductBuffer = "work" | "extra" | "images";

/** Products of one dispatch. */
export interface ProductStage {
  /** Its table's buffer. */
  readonly name: string;
  readonly label: string;
  /** Switches of shaders/optim/soap_product.wgsl that are on. */
  readonly constants: Readonly<Record<string, true>>;
  /** The buffer that is read alone, and the one that C lies in. */
  readonly fixed: ProductBuffer;
  readonly changed: ProductBuffer;
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
    [fixed, changed]: readonly [ProductBuffer, ProductBuffer],
    switches: readonly string[],
    products: readonly Product[],
  ): ProductStage => {
    const constants = Object.fromEntries(switches.map((name) => [name, true] as const));
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
