import { jsonLine } from "../../../src/io/runLog.ts";
import type { Safetensors } from "../../../src/io/safetensors.ts";
import { readSafetensors, writeSafetensors } from "../../../src/io/safetensors.ts";
import type { TrialStore } from "../../../src/lab/sweep/run.ts";
import { recordSchema, type TrialRecord } from "../../../src/lab/sweep/trials.ts";

/** Keeps a sweep's trials as the texts and bytes that files would hold. */
export function memoryStore() {
  const trials = new Map<string, string>();
  const states = new Map<string, Uint8Array>();
  const store: TrialStore = {
    async load() {
      return new Map(
        [...trials].map(([key, text]): [string, TrialRecord] => [key, recordSchema.parse(JSON.parse(text))]),
      );
    },
    async save(record) {
      trials.set(record.key, jsonLine(record));
    },
    hasState: async (file) => states.has(file),
    readState: async (file) => readSafetensors(states.get(file) as Uint8Array<ArrayBuffer>, file),
    async saveState(file, { tensors, metadata }: Safetensors) {
      states.set(file, writeSafetensors(tensors, metadata));
    },
    async keepStates(kept) {
      for (const file of states.keys()) if (!kept.has(file)) states.delete(file);
    },
  };
  return { store, trials, states };
}
