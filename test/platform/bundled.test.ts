import { readdirSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { emptyFolder, run } from "./run.ts";

describe.runIf(process.platform === "linux" && process.arch === "x64")("unpacking", () => {
  test("two processes at once share one folder and leave no other", async () => {
    const cache = emptyFolder();
    const both = await Promise.all([1, 2].map(() => run("unpack.ts", [], { XDG_CACHE_HOME: cache })));
    for (const { code, stderr, stdout } of both) {
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(stdout).toBe(both[0]?.stdout);
      expect(stdout.startsWith(join(cache, "downhill"))).toBe(true);
    }
    const folder = dirname(both[0]?.stdout ?? "");
    expect(readdirSync(dirname(folder))).toEqual(["swiftshader"]);
    expect(readdirSync(folder)).toContain("libvk_swiftshader.so");
  });

  test("a damaged file is replaced", async () => {
    const cache = emptyFolder();
    const env = { XDG_CACHE_HOME: cache };
    const library = join(dirname((await run("unpack.ts", [], env)).stdout), "libvk_swiftshader.so");
    const { size } = statSync(library);
    truncateSync(library, 1000);
    expect(await run("unpack.ts", [], env)).toMatchObject({ code: 0, stderr: "" });
    expect(statSync(library).size).toBe(size);
  });

  test("without a writable cache folder it works in a folder of its own, gone afterwards", async () => {
    const temporary = emptyFolder();
    writeFileSync(join(temporary, "file"), "");
    const env = { XDG_CACHE_HOME: join(temporary, "file"), TMPDIR: emptyFolder() };
    const { code, stdout, stderr } = await run("unpack.ts", [], env);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.startsWith(env.TMPDIR)).toBe(true);
    expect(readdirSync(env.TMPDIR).filter((name) => name.startsWith("downhill-"))).toEqual([]);
  });
});
