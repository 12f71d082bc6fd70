import { Command } from "commander";
import { files } from "#platform";
import { openGpu } from "../gpu/device.ts";
import { parseGolden, runGolden } from "../optim/golden.ts";
import { addAdapterOption } from "./recipeOptions.ts";

/** `downhill verify` */
export function verifyCommand(): Command {
  return addAdapterOption(new Command("verify"))
    .argument("<FILE.json>", "a golden file: gradients in, parameters out, from another implementation")
    .description("run each optimizer case of a golden file through the real kernels and compare")
    .addHelpText(
      "after",
      "\nEvery element must be within |d| <= 1e-6 + 1e-5 |x|.\n\nExample:\n  downhill verify test/golden/optimizers.json",
    )
    .action(async (file: string, { adapter }: { adapter: string }) => {
      const cases = parseGolden(new TextDecoder().decode(await files.read(file)), file);
      const gpu = await openGpu(adapter);
      try {
        process.stdout.write(`adapter: ${gpu.adapter.name}\n`);
        const results = [];
        for (const golden of cases) {
          const result = await runGolden(gpu, golden);
          results.push(result);
          const width = Math.max(...cases.map(({ id }) => id.length));
          const { id, notCovered, error, worst, where } = result;
          const verdict = worst <= 1 ? "ok" : `FAILED: ${worst.toFixed(1)} times the bound`;
          const line = notCovered
            ? `not covered: ${notCovered}`
            : `largest error ${error.toExponential(2)} (${where})  ${verdict}`;
          process.stdout.write(`${id.padEnd(width)}  ${line}\n`);
        }
        const covered = results.filter(({ notCovered }) => notCovered === undefined);
        const failed = covered.filter(({ worst }) => worst > 1);
        const rest = results.length - covered.length;
        process.stdout.write(
          `${covered.length - failed.length} within the bound, ${failed.length} over it${rest > 0 ? `, ${rest} not covered` : ""}\n`,
        );
        if (failed.length > 0 || covered.length === 0) process.exitCode = 1;
      } finally {
        gpu.destroy();
      }
    });
}
