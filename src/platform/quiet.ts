/**
 * Keeps known warnings of the native library off stderr. Dawn prints "Warning: max... artificially reduced ..." with fprintf
 * while it enumerates adapters, for drivers that allow more than its own fixed sizes; no toggle, limit or environment
 * variable of its turns that off. So file descriptor 2 leads into memory for the time of that one synchronous call, and
 * everything but the known lines is then passed on. Node cannot redirect a descriptor; the optional dependency `ffi-rs`
 * calls the C library for it. Without it, or off Linux (where Dawn's limits give no such warning), the call is left alone,
 * and the worst is to see the lines.
 */
import { closeSync, fstatSync, readSync, writeSync } from "node:fs";
import { isMainThread } from "node:worker_threads";
import { openCLibrary } from "./libc.ts";

/** What Dawn says of fixed sizes, and of a system without drivers, which our own errors say better. */
const KNOWN = [
  /^Warning: max\w+ artificially reduced from \d+ to \d+[^\n]*\n/gm,
  /^Warning: vkCreateInstance: Found no drivers!\n/gm,
  /^Warning: vkCreateInstance failed with VK_ERROR_INCOMPATIBLE_DRIVER\n(?: +at [^\n]*\n)*\n?/gm,
];

/** Runs a synchronous call and drops Dawn's known warnings from what it wrote to stderr. */
export function withoutKnownWarnings<T>(call: () => T): T {
  // File descriptors belong to the process: two threads that redirect at once would undo each other.
  const library = isMainThread ? openCLibrary() : undefined;
  const saved = library?.("dup", 2) ?? -1;
  const memory = library?.("memfd_create", "stderr", 0) ?? -1;
  try {
    if (!library || saved < 0 || memory < 0 || library("dup2", memory, 2) < 0) return call();
    try {
      return call();
    } finally {
      library("dup2", saved, 2);
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
