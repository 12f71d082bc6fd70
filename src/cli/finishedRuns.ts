import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { files, makeRunFolder, writeFileAtomic } from "#platform";
import { jsonLine } from "../io/runLog.ts";
import type { FinishedRuns } from "../lab/compare/records.ts";

/**
 * Finished runs as files of a folder, a JSON object with `settings` and `result` each. A file is written as a whole: one that a
 * killed process left half done does not bear its name.
 * @throws Error that names a file that is no JSON
 */
export async function openFinishedRuns(folder: string): Promise<FinishedRuns> {
  await makeRunFolder(folder);
  const asJson = (settings: object): unknown => JSON.parse(jsonLine(settings));
  const fileOf = (name: string, settings: unknown) => {
    const hash = createHash("sha256").update(JSON.stringify(settings)).digest("hex").slice(0, 12);
    return `${folder}/${name.replace(/[^\w.=-]+/g, "-").slice(0, 80)}-${hash}.json`;
  };
  return {
    async find(name, settings) {
      const wanted = asJson(settings);
      const path = fileOf(name, wanted);
      if (!(await files.exists(path))) return undefined;
      try {
        const found = JSON.parse(new TextDecoder().decode(await files.read(path)));
        return isDeepStrictEqual(found.settings, wanted) ? found.result : undefined;
      } catch (cause) {
        throw new Error(`${path}: cannot be read; delete it, and its run is done again`, { cause });
      }
    },
    keep: (name, settings, result) =>
      writeFileAtomic(fileOf(name, asJson(settings)), `${jsonLine({ settings, result })}\n`),
  };
}
