import { type Command, Option } from "commander";
import { earlyStoppingField } from "../train/validationField.ts";
import { parseNumber, parseSettings, settingsText } from "./values.ts";

/** The fields of a recipe about held out samples. */
export interface ValidationFlags {
  readonly validation?: number;
  readonly validationSeed?: number;
  readonly earlyStopping?: Readonly<Record<string, unknown>>;
}

/**
 * Share of the training samples that commands choose by, unless a recipe says otherwise: MNIST's 5,000 of 60,000 in
 * proportion.
 */
export const HELD_OUT = 1 / 12;

/** `--validation`, `--validation-seed`, `--early-stopping` */
export function addValidationOptions(command: Command): Command {
  const usual = settingsText(earlyStoppingField.parse({}));
  const options = [
    new Option(
      "--validation <N>",
      "training samples to hold out and evaluate beside the test set: a number, or a share below 1 (default: 0)",
    ).argParser(parseNumber),
    new Option("--validation-seed <N>", "which samples those are, for all members (default: 0)").argParser(parseNumber),
    new Option(
      "--early-stopping <key=value,...>",
      `end a member's training when a figure no longer gets better, and keep its best weights: ${usual}`,
    ).argParser(parseSettings),
  ];
  for (const option of options) command.addOption(option);
  return command;
}
