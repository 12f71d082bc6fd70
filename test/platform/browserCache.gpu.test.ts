import { expect, test } from "vitest";
import { cache } from "../../src/platform/browser.ts";

// A page has local storage; Node 20 has none, as a page in a private frame.
const storage = typeof localStorage === "undefined" ? undefined : localStorage;

test("a text is kept, in the page's storage where there is one", async () => {
  storage?.removeItem("downhill/text");
  const seen: (string | undefined)[] = [];
  const append = (letter: string) =>
    cache.update("text", (old) => {
      seen.push(old);
      return `${old ?? ""}${letter}`;
    });
  await append("a");
  await append("b");
  expect(seen).toEqual([undefined, "a"]);
  expect([await cache.read("text"), await cache.read("other")]).toEqual(["ab", undefined]);
  if (storage) expect(storage.getItem("downhill/text")).toBe("ab");
  storage?.removeItem("downhill/text");
});

test("a text that finds no room in the storage lasts as long as the page", async () => {
  await cache.update("long", () => "short");
  const long = "x".repeat(20_000_000);
  await cache.update("long", () => long);
  expect((await cache.read("long")) === long).toBe(true);
  if (storage) expect(storage.getItem("downhill/long")).toBeNull();
});
