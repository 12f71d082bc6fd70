/** What an order of samples must fit. */
export interface OrderNeeds {
  /** Names the file in errors. */
  readonly file: string;
  /** Samples in the data set: every index must be below. */
  readonly count: number;
  /** Indices that the planned steps read. */
  readonly needed: number;
}

/**
 * Reads the order of samples of a run: u32 little-endian indices, batch after batch, as `--order FILE.u32` takes them. Those
 * beyond what is needed must be valid too, and are left out.
 * @returns u32 [needed]
 * @throws Error that names the file for a length that is no multiple of 4, an index out of range, or too few
 */
export function parseOrder(bytes: Uint8Array, needs: OrderNeeds): Uint32Array {
  const { file, count, needed } = needs;
  if (bytes.length % 4 !== 0) {
    throw new Error(`${file}: ${bytes.length} bytes are no whole number of u32 indices; expected a multiple of 4`);
  }
  const given = bytes.length / 4;
  if (given < needed) {
    throw new Error(`${file}: holds ${given} indices, but the planned steps read ${needed}; plan fewer or add indices`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const order = new Uint32Array(needed);
  for (let position = 0; position < given; position++) {
    const index = view.getUint32(position * 4, true);
    if (index >= count) {
      throw new Error(
        `${file}: index ${index} at position ${position} is out of range; the data set has samples 0..${count - 1}`,
      );
    }
    if (position < needed) order[position] = index;
  }
  return order;
}
