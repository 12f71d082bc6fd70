import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseOrder } from "../../src/data/orderFile.ts";

const bytes = new Uint8Array([9, 9, 1, 0, 0, 0, 0, 0, 0, 0, 255, 2, 0, 0]).subarray(2); // unaligned, little-endian

describe("an order file", () => {
  it("gives as many indices as are needed", () => {
    expect(parseOrder(bytes, { file: "o", count: 768, needed: 3 })).toEqual(new Uint32Array([1, 0, 767]));
    expect(parseOrder(bytes, { file: "o", count: 768, needed: 2 })).toEqual(new Uint32Array([1, 0]));
  });

  it("of whole batches of MNIST is taken as it is", () => {
    const golden = new Uint8Array(readFileSync(new URL("../golden/mlp/order.u32", import.meta.url)));
    const order = parseOrder(golden, { file: "order.u32", count: 60000, needed: 100 * 100 });
    expect(order).toEqual(new Uint32Array(golden.buffer).subarray(0, 10000));
  });

  it.each([
    ["a length that is no multiple of 4", bytes.subarray(1), 3, "o: 11 bytes are no whole number of u32 indices"],
    ["an index out of range", bytes, 3, "o: index 767 at position 2 is out of range; the data set has samples 0..766"],
    ["the same where no step reads it", bytes, 1, "index 767 at position 2"],
    ["too few", bytes, 4, "o: holds 3 indices, but the planned steps read 4"],
    ["an empty file", new Uint8Array(), 1, "o: holds 0 indices"],
  ])("is refused for %s", (_, bytes, needed, message) => {
    expect(() => parseOrder(bytes, { file: "o", count: 767, needed })).toThrow(message);
  });
});
