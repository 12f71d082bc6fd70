import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { readImages, readLabels } from "../../src/data/idx.ts";
import { idxImages, idxLabels } from "./idxBytes.ts";

const gzip = (bytes: Uint8Array) => new Uint8Array(gzipSync(bytes));

describe("a valid file", () => {
  it("gives its images, as a view", async () => {
    const bytes = idxImages(3);
    const { count, data } = await readImages(bytes, "a");
    expect(count).toBe(3);
    expect(data.length).toBe(3 * 784);
    expect([data[0], data[1], data[784]]).toEqual([0, 1, 784 % 256]);
    expect(data.buffer).toBe(bytes.buffer);
  });

  it("gives its labels", async () => {
    expect(await readLabels(idxLabels([3, 0, 9]), "a")).toEqual({ count: 3, data: new Uint8Array([3, 0, 9]) });
  });

  it("may be packed, and may be a view into a larger buffer", async () => {
    const images = idxImages(500);
    const shifted = new Uint8Array(images.length + 3);
    shifted.set(images, 3);
    const plain = await readImages(shifted.subarray(3), "a");
    expect(plain.count).toBe(500);
    expect(Buffer.compare(plain.data, images.subarray(16))).toBe(0);
    const unpacked = await readImages(gzip(images), "a.gz");
    expect(unpacked.count).toBe(500);
    expect(Buffer.compare(unpacked.data, images.subarray(16))).toBe(0);
    expect((await readLabels(gzip(idxLabels([1, 2])), "b.gz")).data).toEqual(new Uint8Array([1, 2]));
  });

  it("may hold noise, which does not pack", async () => {
    const images = idxImages(200);
    for (let i = 16; i < images.length; i++) images[i] = Math.imul(i, 2654435761) >>> 13;
    expect(Buffer.compare((await readImages(gzip(images), "a")).data, images.subarray(16))).toBe(0);
  });
});

describe("errors", () => {
  const claim = (bytes: Uint8Array<ArrayBuffer>, count: number) => {
    new DataView(bytes.buffer).setUint32(4, count);
    return bytes;
  };
  const damage = (bytes: Uint8Array, at: number) => bytes.with(at, (bytes.at(at) as number) ^ 0xff);
  const long = (bytes: Uint8Array) => new Uint8Array([...bytes, 0]);

  it.each<[string, Uint8Array, string]>([
    ["empty", new Uint8Array(), "f: truncated: an IDX header of images takes 16 bytes, found 0"],
    [
      "cut in the header",
      idxImages(1).subarray(0, 12),
      "f: truncated: an IDX header of images takes 16 bytes, found 12",
    ],
    ["text", new TextEncoder().encode("<html>"), "magic number 0x00000803), found magic number 0x3c68746d"],
    ["labels", idxLabels([1]), "found magic number 0x00000801, a file of labels"],
    ["no images", idxImages(0), "f: holds no images; expected at least one"],
    ["another size", idxImages(1, 32), "f: images are 32x32; expected 28x28"],
    ["truncated", idxImages(2).subarray(0, -1), "promises 2 images, 1584 bytes, but it ends after 1583"],
    ["trailing bytes", long(idxImages(2)), "promises 2 images, 1584 bytes, but more bytes follow"],
    [
      "huge",
      claim(idxImages(1), 2 ** 32 - 1),
      "promises 4294967295 images, 3367254359296 bytes; at most 1073741824 are",
    ],
    ["packed: empty", gzip(new Uint8Array()), "f: truncated: an IDX header of images takes 16 bytes, found 0"],
    ["packed: labels", gzip(idxLabels([1])), "a file of labels"],
    ["packed: labels, many", gzip(idxLabels(new Array(20).fill(1))), "a file of labels"],
    ["packed: truncated inside", gzip(idxImages(2).subarray(0, -1)), "1584 bytes, but it ends after 1583"],
    ["packed: trailing bytes", gzip(long(idxImages(2))), "1584 bytes, but more bytes follow"],
    ["packed: too much promised", gzip(claim(idxImages(1), 1e6)), "bytes of gzip can hold"],
    ["packed: truncated", gzip(idxImages(9)).subarray(0, 200), "f: damaged or truncated gzip data"],
    ["packed: no more than a magic number", gzip(idxImages(1)).subarray(0, 2), "f: damaged or truncated gzip data"],
    ["packed: damaged checksum", damage(gzip(idxImages(9)), -6), "f: damaged or truncated gzip data"],
    ["packed: damaged", damage(gzip(idxImages(9)), 12), "f: damaged or truncated gzip data"],
  ])("images: %s", async (_, bytes, message) => {
    await expect(readImages(bytes, "f")).rejects.toThrow(message);
  });

  it.each<[string, Uint8Array, string]>([
    ["a label over 9", idxLabels([1, 9, 10]), "f: label 2 is 10; labels must lie in 0..9"],
    ["images", idxImages(1), "expected an IDX file of labels (magic number 0x00000801), found magic number 0x00000803"],
    ["no labels", idxLabels([]), "f: holds no labels"],
    ["truncated", idxLabels([1, 2]).subarray(0, -1), "promises 2 labels, 10 bytes, but it ends after 9"],
    ["trailing bytes", long(idxLabels([1, 2])), "but more bytes follow"],
  ])("labels: %s", async (_, bytes, message) => {
    await expect(readLabels(bytes, "f")).rejects.toThrow(message);
  });

  it("a gzip bomb is left before its end", async () => {
    const bomb = new Uint8Array(64 * 2 ** 20);
    bomb.set(idxImages(2));
    // Who unpacked it all would find the end cut off.
    await expect(readImages(gzip(bomb).subarray(0, -100), "f")).rejects.toThrow("but more bytes follow");
  });
});
