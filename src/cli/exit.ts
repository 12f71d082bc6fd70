import { openCLibrary } from "#platform";

/**
 * Ends the process without waiting for the device, and without the C library's clean-up: that takes a software adapter's
 * memory from under its threads, which crash where they are at work. On Linux the optional dependency `ffi-rs` calls `_exit`;
 * where that is missing, the signal itself ends the process, as it does with programs that do not listen to it.
 */
export function exitNow(code: number, signal: NodeJS.Signals): never {
  openCLibrary()?.("_exit", code);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
  process.exit(code);
}
