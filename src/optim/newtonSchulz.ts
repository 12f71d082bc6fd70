import type { BufferSpec } from "../gpu/buffers.ts";
import { type Dispatch, pieceGroups } from "../gpu/dispatch.ts";
import { defineKernel } from "../gpu/kernel.ts";
import { roundUp, type Tensor } from "../nn/tensors.ts";
import type { Site } from "./optimizer.ts";

/** Coefficients of X, X X^T X and (X X^T)^2 X: Jordan et al. 2024, whose slope at 0 is as steep as convergence allows. */
const [A, B, C] = [3.4445, -4.775, 2.0315];
const ITERATIONS = 5;
/** Rows and columns of a workgroup's tile: shaders/optim/matrices.wgsl. */
const TILE = 32;

/** How matrices of an arena lie in the buffers of `matrixBuffers`, as shaders/optim/matrices.wgsl reads it. */
export interface MatrixTable {
  readonly count: number;
  /** The buffer `matrices`: u32 [count, 8]. */
  readonly values: readonly number[];
  /** Floats of a member's X, and of its squares. */
  readonly wide: number;
  readonly square: number;
  /** Workgroups over all X, and over all squares. */
  readonly wideTiles: number;
  readonly squareTiles: number;
  /** Multiplications and additions of a product of each kind, for a member. */
  readonly flops: { readonly gram: number; readonly square: number; readonly wide: number };
}

/** Lays the matrices of these tensors out, numbered as in the arena. */
export function matrixTable({ arena }: Site, isTaken: (tensor: Tensor) => boolean): MatrixTable {
  const values: number[] = [];
  let [count, wide, square, wideTiles, squareTiles] = [0, 0, 0, 0, 0];
  const flops = { gram: 0, square: 0, wide: 0 };
  for (const [index, tensor] of arena.tensors.entries()) {
    if (!isTaken(tensor)) continue;
    const { rows, columns } = tensor;
    const short = roundUp(Math.min(rows, columns), 4);
    const long = roundUp(Math.max(rows, columns), 4);
    const isTransposed = rows > columns ? 1 : 0;
    values.push(index, short / 4, long / 4, wide / 4, square / 4, wideTiles, squareTiles, isTransposed);
    count++;
    wide += short * long;
    square += short * short;
    wideTiles += Math.ceil(short / TILE) * Math.ceil(long / TILE);
    squareTiles += Math.ceil(short / TILE) ** 2;
    // Half of a symmetric product is computed.
    flops.gram += short * short * long;
    flops.square += short ** 3;
    flops.wide += 2 * short * short * long;
  }
  return { count, values, wide, square, wideTiles, squareTiles, flops };
}

/** X twice, as each iteration writes the other one, and two squares. */
export function matrixBuffers({ members: P }: Site, table: MatrixTable): Record<string, BufferSpec> {
  const { count, values, wide, square } = table;
  if (count === 0) return {};
  const floats = (per: number, what: string): BufferSpec => {
    return { bytes: 4 * P * per, usage: "storage", what: `${what}, f32 [P=${P}, ${per}]` };
  };
  return {
    matrices: { bytes: 4 * values.length, usage: "storage", what: `where matrices lie, u32 [${count}, 8]`, values },
    x_even: floats(wide, "matrices that are orthogonalised"),
    x_odd: floats(wide, "the same after every other iteration"),
    gram: floats(square, "products of their rows"),
    gram_polynomial: floats(square, "polynomials of these"),
  };
}

/** The buffer that `newtonSchulz` leaves its result in; it starts from `x_even`. */
export const ORTHOGONALISED = ITERATIONS % 2 === 0 ? "x_even" : "x_odd";

/** Five quintic Newton-Schulz iterations: X <- a X + (b A + c A A) X, A = X X^T, for every matrix of every member. */
export function newtonSchulz({ members, quadsPerThread }: Site, table: MatrixTable): Dispatch[] {
  const { count, wide, square, wideTiles, squareTiles, flops } = table;
  // Blocks of a thread: where threads are few and loads dear, as on SwiftShader, four take two thirds of the time of one.
  const blocks = quadsPerThread > 1 ? { DOWN: 2, ACROSS: 2 } : {};
  const product = (
    label: string,
    constants: Readonly<Record<string, number | boolean>>,
    [left, right, result]: readonly [string, string, string],
    [tiles, own]: readonly [number, number],
  ): Dispatch => ({
    label,
    kernel: defineKernel({
      shader: "optim/newton_schulz.wgsl",
      uses: ["optim/matrices.wgsl"],
      constants: { ...constants, ...blocks },
    }),
    buffers: { matrices: "matrices", left, right, product: result },
    shape: { tiles, matrices: count, wide: wide / 4, square: square / 4 },
    workgroups: pieceGroups(tiles, members),
    flops: own,
  });
  return Array.from({ length: ITERATIONS }, (_, i) => {
    const [from, to] = i % 2 === 0 ? (["x_even", "x_odd"] as const) : (["x_odd", "x_even"] as const);
    return [
      product("A = X X^T", { GRAM: true }, [from, from, "gram"], [squareTiles, flops.gram]),
      product("b A + c A A", { ADD: B, TIMES: C }, ["gram", "gram", "gram_polynomial"], [squareTiles, flops.square]),
      product("a X + (b A + c A A) X", { WIDE: true, ADD: A }, ["gram_polynomial", from, to], [wideTiles, flops.wide]),
    ];
  }).flat();
}
