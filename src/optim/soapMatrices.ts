import { type Arena, layOut, roundUp, type Tensor } from "../nn/tensors.ts";
import type { ExtraTensor } from "./optimizer.ts";

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
  return { matrices, sides, kept, extra, images: roundUp(images, 64) };
}

const squares = (gram: string, basis: string, size: number): ExtraTensor[] => [
  { name: gram, shape: [size, size] },
  { name: basis, shape: [size, size], start: "identity" },
];
