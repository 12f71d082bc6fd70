/** The platform in Node; browser.ts exports the same names. */
import { defineGpuConstants } from "./constants.ts";

export { listAdapters, requestAdapter } from "./adapters.ts";
export { files, makeRunFolder, openLines, readShader, writeFileAtomic } from "./files.ts";
export { openCLibrary } from "./libc.ts";
export {
  type AdapterEntry,
  AdapterError,
  type AdapterOptions,
  type ChosenAdapter,
  type LineWriter,
  PlatformError,
} from "./types.ts";

defineGpuConstants();
