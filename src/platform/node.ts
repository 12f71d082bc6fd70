/** The platform in Node; browser.ts exports the same names. */
import { defineGpuConstants } from "./constants.ts";

export { listAdapters, requestAdapter } from "./adapters.ts";
export { cache } from "./cache.ts";
export { parseCsv } from "./csv.ts";
export { files, makeRunFolder, openLines, readShader, writeFileAtomic } from "./files.ts";
export { openCLibrary } from "./libc.ts";
export { packageVersion } from "./packages.ts";
export {
  type AdapterEntry,
  AdapterError,
  type AdapterOptions,
  type ChosenAdapter,
  type CsvRecord,
  type LineWriter,
  PlatformError,
  type TextCache,
} from "./types.ts";

defineGpuConstants();
