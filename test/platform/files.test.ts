import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { files, makeRunFolder, openLines, PlatformError, writeFileAtomic } from "../../src/platform/node.ts";
import { emptyFolder } from "./run.ts";

describe("writeFileAtomic", () => {
  test("writes and replaces, and leaves no temporary file", async () => {
    const folder = emptyFolder();
    const path = join(folder, "file");
    await writeFileAtomic(path, "one");
    await writeFileAtomic(path, Uint8Array.of(116, 119, 111));
    expect(readFileSync(path, "utf8")).toBe("two");
    expect(readdirSync(folder)).toEqual(["file"]);
  });

  test("keeps the old content where it fails", async () => {
    const folder = emptyFolder();
    await expect(writeFileAtomic(join(folder, "missing", "file"), "x")).rejects.toThrow(
      /file: no such file or folder$/,
    );
    expect(readdirSync(folder)).toEqual([]);
  });
});

test("openLines adds lines at once", () => {
  const path = join(emptyFolder(), "log");
  writeFileSync(path, "old\n");
  const lines = openLines(path);
  lines.write("new");
  expect(readFileSync(path, "utf8")).toBe("old\nnew\n");
  lines.close();
  expect(() => openLines(join(path, "log"))).toThrow(PlatformError);
});

test("makeRunFolder makes the folder that is asked for", async () => {
  const path = join(emptyFolder(), "a", "b");
  expect(await makeRunFolder(path)).toBe(path);
  expect(existsSync(path)).toBe(true);
  expect(await makeRunFolder(path)).toBe(path);
});

test("makeRunFolder names a folder of its own", async () => {
  const before = process.cwd();
  process.chdir(emptyFolder());
  try {
    const names = [await makeRunFolder(), await makeRunFolder()];
    expect(new Set(names).size).toBe(2);
    for (const name of names) expect(name).toMatch(/^runs.\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d(-2)?$/);
  } finally {
    process.chdir(before);
  }
});

describe("files", () => {
  test("reads bytes", async () => {
    const path = join(emptyFolder(), "file");
    writeFileSync(path, Uint8Array.of(1, 2, 255));
    expect([...(await files.read(path))]).toEqual([1, 2, 255]);
    expect([await files.exists(path), await files.exists(`${path}.gz`)]).toEqual([true, false]);
  });

  test("names what it cannot read", async () => {
    await expect(files.read("no/such/file")).rejects.toThrow("no/such/file: no such file or folder");
  });

  test("knows where MNIST is", async () => {
    expect(await files.exists(`${files.mnistFolder()}/train-images-idx3-ubyte`)).toBe(true);
  });
});
