import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { files, makeRunFolder, writeFileAtomic } from "#platform";
import { jsonLine } from "../io/runLog.ts";
import { readSafetensors, writeSafetensors } from "../io/safetensors.ts";
import type { TrialStore } from "../lab/sweep/run.ts";
import { recordSchema, type TrialRecord } from "../lab/sweep/trials.ts";

/**
 * A sweep's trials as files: `trials/KEY.json` each, and what unfinished ones go on from in `states/`. Each file is written as
 * a whole: what a killed process left half done does not bear its name.
 */
export async function openSweepFolder(folder: string): Promise<TrialStore> {
  const [trials, states] = [join(folder, "trials"), join(folder, "states")];
  for (const path of [folder, trials, states]) await makeRunFolder(path);
  return {
    async load() {
      const records = new Map<string, TrialRecord>();
      for (const name of await readdir(trials)) {
        if (!/^[\da-f]+\.json$/.test(name)) continue;
        const record = await readRecord(join(trials, name));
        records.set(record.key, record);
      }
      return records;
    },
    save: (record) => writeFileAtomic(join(trials, `${record.key}.json`), `${jsonLine(record)}\n`),
    hasState: (file) => files.exists(join(states, file)),
    async readState(file) {
      const path = join(states, file);
      return readSafetensors(await files.read(path), path);
    },
    saveState: (file, { tensors, metadata }) =>
      writeFileAtomic(join(states, file), writeSafetensors(tensors, metadata)),
    async keepStates(kept) {
      for (const name of await readdir(states)) if (!kept.has(name)) await rm(join(states, name), { force: true });
    },
  };
}

/** @throws Error that names a file which is no record, and says what to do */
async function readRecord(path: string): Promise<TrialRecord> {
  try {
    return recordSchema.parse(JSON.parse(new TextDecoder().decode(await files.read(path))));
  } catch (cause) {
    throw new Error(`${path}: cannot be read as a trial; delete it, and it is run again`, { cause });
  }
}
