import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { emptyFolder, run } from "./run.ts";

/** Runs scripts/cache.ts, which appends a letter to the text `log` so many times and prints what it then reads. */
const append = (letter: string, times: number, env: Record<string, string>) =>
  run("cache.ts", [letter, String(times)], env);

test("a text outlives its process, in the user's cache folder", async () => {
  const cache = emptyFolder();
  const env = { XDG_CACHE_HOME: cache };
  expect(await append("a", 1, env)).toMatchObject({ code: 0, stderr: "", stdout: "a" });
  expect(await append("b", 2, env)).toMatchObject({ code: 0, stderr: "", stdout: "abb" });
  expect(readdirSync(join(cache, "downhill"))).toEqual(["log"]);
  expect(readFileSync(join(cache, "downhill", "log"), "utf8")).toBe("abb");
});

test("processes that update at once lose nothing", async () => {
  const env = { XDG_CACHE_HOME: emptyFolder() };
  await Promise.all(["a", "b", "c"].map((letter) => append(letter, 20, env)));
  const { stdout } = await append("d", 1, env);
  expect([..."abcd"].map((letter) => stdout.split(letter).length - 1)).toEqual([20, 20, 20, 1]);
});

test("a lock that a killed process left is broken", async () => {
  const cache = emptyFolder();
  mkdirSync(join(cache, "downhill"));
  const lock = join(cache, "downhill", "log.lock");
  writeFileSync(lock, "");
  const longAgo = Date.now() / 1000 - 60;
  utimesSync(lock, longAgo, longAgo);
  expect(await append("a", 1, { XDG_CACHE_HOME: cache })).toMatchObject({ code: 0, stdout: "a" });
  expect(existsSync(lock)).toBe(false);
});

test("without a writable cache folder a text lasts as long as the process, and nothing is left", async () => {
  const file = join(emptyFolder(), "file");
  writeFileSync(file, "");
  const env = { XDG_CACHE_HOME: file, TMPDIR: emptyFolder() };
  expect(await append("a", 3, env)).toMatchObject({ code: 0, stderr: "", stdout: "aaa" });
  expect(await append("b", 1, env)).toMatchObject({ code: 0, stderr: "", stdout: "b" });
  expect(readdirSync(env.TMPDIR).filter((name) => name.startsWith("downhill-"))).toEqual([]);
});

test("what stands in the way of the text is no error", async () => {
  const cache = emptyFolder();
  mkdirSync(join(cache, "downhill", "log"), { recursive: true });
  expect(await append("a", 2, { XDG_CACHE_HOME: cache })).toMatchObject({ code: 0, stderr: "", stdout: "nothing" });
});
