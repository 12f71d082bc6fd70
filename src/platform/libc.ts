import { createRequire } from "node:module";

/** Calls a function of the C library that takes whole numbers and texts and returns a whole number. */
export type CLibrary = (name: string, ...values: readonly (number | string)[]) => number;

let library: CLibrary | null | undefined;

/**
 * What Node cannot ask of the system by itself. The optional dependency `ffi-rs` makes the calls; undefined where it is not
 * installed, and off Linux.
 */
export function openCLibrary(): CLibrary | undefined {
  if (library === undefined) library = load();
  return library ?? undefined;
}

function load(): CLibrary | null {
  if (process.platform !== "linux") return null;
  try {
    const { DataType, load, open } = createRequire(import.meta.url)("ffi-rs") as typeof import("ffi-rs");
    const { I32, String: text } = DataType;
    open({ library: "c", path: "libc.so.6" });
    return (funcName, ...values) => {
      const paramsType = values.map((value) => (typeof value === "number" ? I32 : text));
      return load({ library: "c", funcName, retType: I32, paramsType, paramsValue: [...values] }) as number;
    };
  } catch {
    return null;
  }
}
