/**
 * Keeps known warnings of the native library off stderr. Dawn prints "Warning: max... artificially reduced ..." with fprintf
 * while it enumerates adapters, for drivers that allow more than its own fixed sizes; no toggle, limit or environment
 * variable of its turns that off. So file descriptor 2 leads into memory for the time of that one synchronous call, and
 * everything but the known lines is then passed on. Node cannot redirect a descriptor; the optional dependency `ffi-rs`
 * calls the C library for it. Without it, or off Linux (where Dawn's limits give no such warning), the call is left alone,
 * and the worst is to see the lines.
 */
import { closeSync, fstatSync, readSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { isMainThread } from "node:worker_threads";

/** What Dawn says of fixed sizes, and of a system without drivers, which our own errors say better. */
const KNOWN = [
  /^Warning: max\w+ artificially reduced from \d+ to \d+[^\n]*\n/gm,
  /^Warning: vkCreateInstance: Found no drivers!\n/gm,
  /^Warning: vkCreateInstance failed with VK_ERROR_INCOMPATIBLE_DRIVER\n(?: +at [^\n]*\n)*\n?/gm,
];

/** The few functions of the C library that it takes; each returns -1 where it fails. */
interface CLibrary {
  dup(fd: number): number;
  dup2(from: number, to: number): number;
  memfdCreate(name: string): number;
}

let library: CLibrary | null | undefined;

/** Runs a synchronous call and drops Dawn's known warnings from what it wrote to stderr. */
export function withoutKnownWarnings<T>(call: () => T): T {
  library ??= loadLibrary();
  const saved = library?.dup(2) ?? -1;
  const memory = library?.memfdCreate("stderr") ?? -1;
  try {
    if (!library || saved < 0 || memory < 0 || library.dup2(memory, 2) < 0) return call();
    try {
      return call();
    } finally {
      library.dup2(saved, 2);
      passOn(memory);
    }
  } finally {
    if (saved >= 0) closeSync(saved);
    if (memory >= 0) closeSync(memory);
  }
}

function passOn(memory: number): void {
  const bytes = Buffer.alloc(fstatSync(memory).size);
  readSync(memory, bytes, 0, bytes.length, 0);
  const text = KNOWN.reduce((rest, known) => rest.replace(known, ""), bytes.toString("utf8"));
  if (text) writeSync(2, text);
}

function loadLibrary(): CLibrary | null {
  // File descriptors belong to the process: two threads that redirect at once would undo each other.
  if (process.platform !== "linux" || !isMainThread) return null;
  try {
    const { DataType, load, open } = createRequire(import.meta.url)("ffi-rs") as typeof import("ffi-rs");
    const { I32, String: text } = DataType;
    open({ library: "c", path: "libc.so.6" });
    const call = (funcName: string, paramsType: (typeof I32 | typeof text)[], paramsValue: (number | string)[]) =>
      load({ library: "c", funcName, retType: I32, paramsType, paramsValue }) as number;
    return {
      dup: (fd) => call("dup", [I32], [fd]),
      dup2: (from, to) => call("dup2", [I32, I32], [from, to]),
      memfdCreate: (name) => call("memfd_create", [text, I32], [name, 0]),
    };
  } catch {
    return null;
  }
}
