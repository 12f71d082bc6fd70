import { expect, test } from "vitest";
import { globals } from "webgpu";
import { defineGpuConstants } from "../../src/platform/constants.ts";

test("the constants are those of the native library", () => {
  const target: Record<string, object> = {};
  defineGpuConstants(target);
  const names = Object.getOwnPropertyNames(target);
  expect(names).toContain("GPUBufferUsage");
  for (const name of names) {
    for (const [key, value] of Object.entries(target[name] ?? {})) {
      expect((globals as Record<string, Record<string, number>>)[name]?.[key], `${name}.${key}`).toBe(value);
    }
  }
});

test("what is there already stays", () => {
  const own = {};
  const target = { GPUMapMode: own };
  defineGpuConstants(target);
  expect(target.GPUMapMode).toBe(own);
});
