import { type Command, Option } from "commander";
import { parseNumber } from "./values.ts";

/** The fields of a recipe about a table. */
export interface TableFlags {
  readonly target?: readonly string[];
  readonly testSplit?: number;
  readonly dataSeed?: number;
}

/** `--target`, `--test-split`, `--data-seed` */
export function addTableOptions(command: Command): Command {
  const options = [
    new Option(
      "--target <COLUMN[,COLUMN]>",
      "a table's columns to tell from the others: values with --loss mse, else the classes of one column",
    ).argParser((text) => text.split(",").map((name) => name.trim())),
    new Option(
      "--test-split <N>",
      "a table's rows that make the test set: a number, or a share below 1 (default: 0.2)",
    ).argParser(parseNumber),
    new Option("--data-seed <N>", "which rows those are, for all members (default: 0)").argParser(parseNumber),
  ];
  for (const option of options) command.addOption(option);
  return command;
}
