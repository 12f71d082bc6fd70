import { type Command, Option } from "commander";
import { gradientNoiseField, mixupField } from "../train/regularisationFields.ts";
import { parseNumber, parseSettings, settingsText } from "./values.ts";

/** The fields of a recipe that regularise, beside dropout and label smoothing. */
export interface RegularisationFlags {
  readonly mixup?: Readonly<Record<string, unknown>>;
  readonly accumulate?: number;
  readonly l1?: number;
  readonly clipValue?: number;
  readonly clipNorm?: number;
  readonly gradientNoise?: Readonly<Record<string, unknown>>;
  readonly maxNorm?: number;
}

/** `--mixup`, `--accumulate`, `--l1`, `--clip-value`, `--clip-norm`, `--gradient-noise`, `--max-norm` */
export function addRegularisationOptions(command: Command): Command {
  const option = (flags: string, text: string, parse: (text: string) => unknown) =>
    command.addOption(new Option(flags, text).argParser(parse));
  const mix = settingsText(mixupField.parse({}));
  option("--mixup <key=value,...>", `training samples and labels mixed in pairs, as in ${mix}`, parseSettings);
  option("--accumulate <N>", "batches whose mean gradient makes one step (default: 1)", parseNumber);
  option("--l1 <X>", "L1 penalty of weights, added to their gradients (default: 0)", parseNumber);
  option("--clip-value <X>", "most that any gradient may be, on either side of 0", parseNumber);
  option("--clip-norm <X>", "largest norm of all gradients together; beyond it they shrink", parseNumber);
  const noise = settingsText(gradientNoiseField.parse({}));
  option("--gradient-noise <key=value,...>", `normal noise on gradients that dies down, as in ${noise}`, parseSettings);
  option("--max-norm <X>", "largest norm of each unit's incoming weights, after each step", parseNumber);
  return command;
}
