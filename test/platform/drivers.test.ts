import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { bundleProblem } from "../../src/platform/bundled.ts";
import { prepareBundledDriver } from "../../src/platform/vulkan.ts";
import { emptyFolder, run } from "./run.ts";

/** A machine's own drivers hidden, the bundled one left. */
const BARE = { VK_DRIVER_FILES: undefined, VK_ICD_FILENAMES: undefined, VK_ADD_DRIVER_FILES: undefined };

describe.runIf(process.platform === "linux" && process.arch === "x64")("with the bundled driver", () => {
  test("takes it by name, and prints nothing of Dawn's", async () => {
    const { stdout, stderr } = await run("adapter.ts", ["swiftshader"], BARE);
    expect(JSON.parse(stdout)).toEqual({ name: "SwiftShader Device (Subzero)", kind: "software", bundled: true });
    expect(stderr).toBe("");
  });

  test("a driver of the system comes first, and nothing is unpacked for it", async () => {
    // The bundled files in the place of a system's loader and driver.
    const icd = await prepareBundledDriver();
    const cache = emptyFolder();
    const { stdout, stderr } = await run("adapter.ts", ["software"], {
      ...BARE,
      VK_ADD_DRIVER_FILES: icd,
      LD_LIBRARY_PATH: dirname(icd),
      XDG_CACHE_HOME: cache,
    });
    expect(JSON.parse(stdout)).toMatchObject({ kind: "software", bundled: false });
    expect(stderr).toBe("");
    expect(existsSync(join(cache, "downhill"))).toBe(false);
  });

  test("the user's choice of drivers is respected, and the error says so", async () => {
    const { stdout, stderr } = await run("adapter.ts", ["auto"], { ...BARE, VK_DRIVER_FILES: "/no/such/driver.json" });
    const { error, message } = JSON.parse(stdout);
    expect(error).toBe("AdapterError");
    expect(message).toMatch(
      /^no WebGPU adapter was found\. .*VK_DRIVER_FILES is set and hides other drivers: unset it\.$/,
    );
    expect(stderr).not.toMatch(/vkCreateInstance/);
  });
});

test("says what is missing where the bundled driver cannot be used", () => {
  const { value } = Object.getOwnPropertyDescriptor(process, "arch") ?? {};
  Object.defineProperty(process, "arch", { value: "riscv64" });
  try {
    expect(bundleProblem()).toBe("The package @sparticuz/chromium is for Linux on x64 only.");
  } finally {
    Object.defineProperty(process, "arch", { value });
  }
});
