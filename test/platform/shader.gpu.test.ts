import { expect, test } from "vitest";
import { PlatformError, readShader } from "#platform";

test("reads WGSL by its path under shaders/", () => {
  expect(readShader("lib/step.wgsl")).toContain("struct Step");
});

test("an unknown file is a named error", () => {
  expect(() => readShader("no/such.wgsl")).toThrow(new PlatformError("shaders/no/such.wgsl: no such file or folder"));
});
