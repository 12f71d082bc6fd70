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
      "\nEvery element must be within |d| <= 1e-6 + 1e-5 |x|; a case that cannot run has failed.\n\nExample:\n  downhill verify test/golden/optimizers.json",
    )
    .action(async (file: string, { adapter }: { adapter: string }) => {
      const cases = parseGolden(new TextDecoder().decode(await files.read(file)), file);
      const gpu = await openGpu(adapter);
      try {
        process.stdout.write(`adapter: ${gpu.adapter.name}\n`);
        const width = Math.max(...cases.map(({ id }) => id.length));
        let failures = 0;
        for (const golden of cases) {
          const { id, fault, error, worst, where } = await runGolden(gpu, golden);
          if (!(worst <= 1)) failures++;
          const verdict = worst <= 1 ? "ok" : `FAILED: ${worst.toFixed(1)} times the bound`;
          const line = fault ? `FAILED: ${fault}` : `largest error ${error.toExponential(2)} (${where})  ${verdict}`;
          process.stdout.write(`${id.padEnd(width)}  ${line}\n`);
        }
        process.stdout.write(`${cases.length - failures} within the bound, ${failures} failed\n`);
        if (failures > 0) process.exitCode = 1;
      } finally {
        gpu.destroy();
      }
    });
}
