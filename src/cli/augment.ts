import { Command } from "commander";
import { files, writeFileAtomic } from "#platform";
import { openGpu } from "../gpu/device.ts";
import { augmentedImages } from "../train/augmentedImages.ts";
import { loadData } from "../train/data.ts";
import { contactSheet } from "./contactSheet.ts";
import { addAdapterOption, addRecipeOptions, type RecipeFlags, recipeOf } from "./recipeOptions.ts";
import { parseCount, parseText } from "./values.ts";

/** Pixels of the sheet for a pixel of an image. */
const ZOOM = 3;

/** `downhill augment` */
export function augmentCommand(): Command {
  return addAdapterOption(addRecipeOptions(new Command("augment")))
    .description("draw a contact sheet of training images as a recipe's first steps change them")
    .option("--out <FILE.png>", "the picture: a row for each class, the original first", parseText, "augmented.png")
    .option("--columns <N>", "changed images beside each original", parseCount, 12)
    .addHelpText(
      "after",
      `
Examples:
  downhill augment --augment shift=2,rotate=12,scale=0.12,shear=0.15
  downhill augment --augment elastic=1.4,elastic_sigma=4 --seed 7 --out elastic.png`,
    )
    .action(async (flags: RecipeFlags & { adapter: string; out: string; columns: number }) => {
      const recipe = recipeOf(flags);
      const { train } = await loadData(recipe, files);
      const samples = Array.from({ length: train.classes }, (_, label) => train.labels.indexOf(label));
      const shown = samples.filter((sample) => sample >= 0);
      const gpu = await openGpu(flags.adapter);
      try {
        const changed = await augmentedImages(gpu, recipe, train, shown, flags.columns);
        const rows = shown.map((sample, row) => {
          const at = sample * train.rowBytes;
          const original = train.images.subarray(at, at + train.width * train.height);
          return [original, ...changed.map((images) => images[row] as Uint8Array)];
        });
        const { encode } = await import("fast-png"); // no other command needs it
        const sheet = contactSheet(rows, train, ZOOM);
        await writeFileAtomic(flags.out, encode({ ...sheet, depth: 8, channels: 1 }));
        process.stdout.write(
          `${flags.out}: ${sheet.width}x${sheet.height} pixels, ${rows.length} classes, ${flags.columns} steps, ` +
            `by ${gpu.adapter.name}\n`,
        );
      } finally {
        gpu.destroy();
      }
    });
}
