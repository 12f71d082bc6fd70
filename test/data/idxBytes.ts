/** An IDX file of images: big-endian header, then count * height * width bytes, here 0, 1, 2, ... modulo 256. */
export function idxImages(count: number, size = 28): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(16 + count * size * size).map((_, i) => i - 16);
  [0x803, count, size, size].forEach((value, i) => {
    new DataView(bytes.buffer).setUint32(4 * i, value);
  });
  return bytes;
}

/** An IDX file of labels. */
export function idxLabels(labels: readonly number[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array([0, 0, 8, 1, 0, 0, 0, 0, ...labels]);
  new DataView(bytes.buffer).setUint32(4, labels.length);
  return bytes;
}
