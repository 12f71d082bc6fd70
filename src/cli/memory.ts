import { freemem } from "node:os";
import type { Gpu } from "../gpu/device.ts";

/** Of the free memory, what a software adapter's buffers may take: the driver and this process need some too. */
const MEMORY_SHARE = 0.8;

/**
 * Bytes that all buffers together may take. A software adapter's memory is the machine's: too many of them would end the
 * process, where a GPU's driver reports an error.
 */
export function memoryOf({ adapter }: Gpu): number | undefined {
  // Knows a container's limit, unlike freemem, but came with Node 20.13.
  const available = process.availableMemory as typeof process.availableMemory | undefined;
  return adapter.kind === "software" ? Math.floor(MEMORY_SHARE * (available?.() ?? freemem())) : undefined;
}
