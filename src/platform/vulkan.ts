/**
 * Vulkan on Linux: the loader that Dawn opens, and the bundled software driver. Other systems have neither (Metal, D3D12).
 */
import { constants } from "node:os";
import { join } from "node:path";
import { bundleProblem, unpackBundle } from "./bundled.ts";

/** Keeps a library in the process once it is loaded (`RTLD_NODELETE` of dlfcn.h). */
const RTLD_NODELETE = 0x1000;
const LOADER = "libvulkan.so.1";
/** What a user sets to have these drivers and no others; the loader then ignores VK_ADD_DRIVER_FILES. */
const ONLY_DRIVERS = ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"] as const;

/** Makes sure that Dawn can look for drivers: on Linux with the system's Vulkan loader, else the bundled one, else false. */
export async function loadVulkan(): Promise<boolean> {
  if (process.platform !== "linux" || loadLibrary(LOADER)) return true;
  return bundleProblem() === undefined && loadLibrary(join(await unpackDriver(), LOADER));
}

/** Why the bundled driver cannot be offered, as sentences that say what to do; undefined where it can. */
export function bundledDriverProblem(): string | undefined {
  const only = ONLY_DRIVERS.find((name) => process.env[name]);
  return only ? `${only} is set and hides other drivers: unset it.` : bundleProblem();
}

/** Unpacks the bundled driver. Returns its ICD file, which tells the loader of it. */
export async function prepareBundledDriver(): Promise<string> {
  return join(await unpackDriver(), "vk_swiftshader_icd.json");
}

function unpackDriver(): Promise<string> {
  return unpackBundle("swiftshader", ["swiftshader.tar.br"]);
}

/** Makes a call with the loader told of one more driver; those of the system and of the user stay. */
export function withDriver<T>(icd: string | undefined, call: () => T): T {
  if (icd === undefined) return call();
  const before = process.env.VK_ADD_DRIVER_FILES;
  process.env.VK_ADD_DRIVER_FILES = before ? `${before}:${icd}` : icd;
  try {
    return call();
  } finally {
    if (before === undefined) delete process.env.VK_ADD_DRIVER_FILES;
    else process.env.VK_ADD_DRIVER_FILES = before;
  }
}

/**
 * Loads a shared library for good, and says whether that worked. It is no Node module: process.dlopen leaves it loaded
 * (Dawn then finds it by its name) and complains that it "did not self-register".
 */
function loadLibrary(file: string): boolean {
  try {
    process.dlopen({ exports: {} }, file, constants.dlopen.RTLD_NOW | RTLD_NODELETE);
    return true;
  } catch (error) {
    return (error as Error).message.includes("did not self-register");
  }
}
