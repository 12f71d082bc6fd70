/** Writes known warnings and other lines to stderr, some inside calls that keep the former off it. */
import { writeSync } from "node:fs";
import { withoutKnownWarnings } from "../../../src/platform/quiet.ts";

const WARNING = "Warning: maxDynamicUniformBuffersPerPipelineLayout artificially reduced from 1000000 to 16 to fit.\n";

withoutKnownWarnings(() => writeSync(2, `${WARNING}inside\n${WARNING}`));
try {
  withoutKnownWarnings(() => {
    writeSync(2, `${WARNING}before a throw\n`);
    throw new Error("thrown");
  });
} catch (error) {
  writeSync(2, `${(error as Error).message}\n`);
}
writeSync(2, `${WARNING}outside\n`);
