/**
 * Parameters, gradients and each slot of optimizer state lie in flat arenas of one layout, so that an update is one
 * dispatch over all of them. A tensor's rows are padded to a multiple of 4 floats; pads are 0 and stay 0.
 */

/** A tensor's place in the arena. Offsets and strides count floats. */
export interface Tensor {
  /** As in PyTorch: `fc1.weight` [out, in], `fc1.bias` [out]. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly rows: number;
  readonly columns: number;
  /** From row to row: columns rounded up to a multiple of 4. */
  readonly rowStride: number;
  readonly offset: number;
}

export interface Arena {
  readonly tensors: readonly Tensor[];
  /** From one member's part to the next: a multiple of 64 floats (256 bytes). */
  readonly stride: number;
}

/** Rounds up to a multiple. */
export const roundUp = (value: number, multiple: number): number => Math.ceil(value / multiple) * multiple;

/** Lays named shapes ([out, in] or [out]) out one behind the other. */
export function layOut(shapes: Readonly<Record<string, readonly number[]>>): Arena {
  let offset = 0;
  const tensors = Object.entries(shapes).map(([name, shape]): Tensor => {
    const columns = shape.at(-1) ?? 1;
    const rows = shape.length > 1 ? (shape[0] as number) : 1;
    const tensor = { name, shape, rows, columns, rowStride: roundUp(columns, 4), offset };
    offset += rows * tensor.rowStride;
    return tensor;
  });
  return { tensors, stride: roundUp(offset, 64) };
}

/** A tensor's values [rows * columns] out of one member's part of an arena. */
export function readTensor(part: Float32Array, { rows, columns, rowStride, offset }: Tensor): Float32Array {
  const values = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const at = offset + row * rowStride;
    values.set(part.subarray(at, at + columns), row * columns);
  }
  return values;
}

/** Writes a tensor's values [rows * columns] into one member's part of an arena. */
export function writeTensor(
  part: Float32Array,
  { rows, columns, rowStride, offset }: Tensor,
  values: Float32Array,
): void {
  for (let row = 0; row < rows; row++) {
    part.set(values.subarray(row * columns, (row + 1) * columns), offset + row * rowStride);
  }
}
