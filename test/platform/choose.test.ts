import { describe, expect, test } from "vitest";
import { type AdapterEntry, chooseAdapter, noAdapter } from "../../src/platform/types.ts";

const entry = (name: string, kind: AdapterEntry["kind"], bundled = false): AdapterEntry => ({
  name,
  kind,
  bundled,
  vendor: "",
  architecture: "",
  driver: "",
  backend: "vulkan",
  features: [],
  limits: {},
});
const SWIFTSHADER = entry("SwiftShader Device (Subzero)", "software", true);
const LLVMPIPE = entry("llvmpipe (LLVM 15.0.6, 256 bits)", "software");
const GEFORCE = entry("NVIDIA GeForce RTX 4090", "hardware");
const IRIS = entry("Intel Iris Xe", "hardware");

describe("chooseAdapter", () => {
  const all = [SWIFTSHADER, LLVMPIPE, GEFORCE, IRIS];
  test.each([
    ["auto", all, GEFORCE],
    ["auto", [SWIFTSHADER, LLVMPIPE], LLVMPIPE],
    ["auto", [SWIFTSHADER], SWIFTSHADER],
    ["auto", [], undefined],
    ["hardware", all, GEFORCE],
    ["hardware", [SWIFTSHADER, LLVMPIPE], undefined],
    ["software", all, LLVMPIPE],
    ["software", [SWIFTSHADER, GEFORCE], SWIFTSHADER],
    ["swiftshader", all, SWIFTSHADER],
    ["IRIS", all, IRIS],
    ["radeon", all, undefined],
  ] as const)("%s among %#", (choice, entries, chosen) => {
    expect(chooseAdapter(entries, choice)).toBe(chosen);
  });
});

test("the error says what was wanted, what there is and what to do", () => {
  expect(noAdapter("hardware", [LLVMPIPE, SWIFTSHADER], "Do this.").message).toBe(
    'no hardware GPU was found. There is "llvmpipe (LLVM 15.0.6, 256 bits)" (software), "SwiftShader Device (Subzero)" ' +
      "(software, bundled). Choose auto, hardware, software, or a part of a name. Do this.",
  );
  expect(noAdapter("auto", [], "Do this.").message).toBe("no WebGPU adapter was found. Do this.");
});
