import { type Command, Option } from "commander";
import { earlyStoppingField } from "../train/validationField.ts";

/** The fields of a recipe about held out samples. */
export interface ValidationFlags {
  readonly validation?: number;
  readonly validationSeed?: number;
  readonly earlyStopping?: Readonly<Record<string, unknown>>;
}

/**
 * `--validation`, `--validation-seed`, `--early-stopping`
 * @param parseNumber reads a number
 * @param parseSettings reads `key=value,...`
 */
export function addValidationOptions(
  command: Command,
  parseNumber: (text: string) => number,
  parseSettings: (text: string) => Readonly<Record<string, unknown>>,
): Command {
  const usual = Object.entries(earlyStoppingField.parse({}))
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
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
