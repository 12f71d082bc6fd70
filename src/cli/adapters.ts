import { Command } from "commander";
import { type AdapterEntry, listAdapters, requestAdapter } from "#platform";

/** Limits worth a line: those that bound a network or a population. */
const SHOWN_LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupStorageSize",
  "maxComputeWorkgroupsPerDimension",
];

/** `downhill adapters` */
export function adaptersCommand(): Command {
  return new Command("adapters")
    .description("list the adapters of this machine and which one `auto` takes")
    .option("--json", "print one JSON line")
    .addHelpText("after", "\nExamples:\n  downhill adapters\n  downhill train --adapter swiftshader")
    .action(async ({ json }: { json?: boolean }) => {
      const entries = await listAdapters();
      const { entry: auto } = await requestAdapter("auto");
      const marked = entries.map((entry) => ({ auto: isSame(entry, auto), ...entry }));
      process.stdout.write(json ? `${JSON.stringify(marked)}\n` : `${marked.map(describe).join("\n\n")}\n`);
    });
}

const isSame = (a: AdapterEntry, b: AdapterEntry) =>
  a.name === b.name && a.backend === b.backend && a.driver === b.driver;

function describe(entry: AdapterEntry & { auto: boolean }): string {
  const limits = SHOWN_LIMITS.map((name) => `${name} ${entry.limits[name]}`);
  return [
    `${entry.auto ? "* " : "  "}${entry.name}${entry.auto ? "   <- auto" : ""}`,
    `    ${entry.kind}${entry.bundled ? ", bundled" : ""}; ${entry.backend}; ${entry.driver}`,
    `    limits: ${limits.join(", ")}`,
    `    features: ${entry.features.join(", ")}`,
  ].join("\n");
}
