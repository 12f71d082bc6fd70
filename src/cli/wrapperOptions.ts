import { type Command, Option } from "commander";
import { emaField, swaField } from "../optim/averaging.ts";
import { decayField, lookaheadField, samField } from "../optim/wrappers.ts";
import { parsePairs, settingsText, type Value } from "./values.ts";

/** The fields of a recipe that stand around its optimizer. */
export interface WrapperFlags {
  readonly decay?: string;
  readonly lookahead?: Readonly<Record<string, Value>>;
  readonly ema?: Readonly<Record<string, Value>>;
  readonly swa?: Readonly<Record<string, Value>>;
  readonly sam?: Readonly<Record<string, Value>>;
}

/** `--decay`, `--lookahead`, `--ema`, `--swa`, `--sam` */
export function addWrapperOptions(command: Command): Command {
  const [slow, sharp] = [settingsText(lookaheadField.parse({})), settingsText(samField.parse({}))];
  const [moving, late] = [settingsText(emaField.parse({})), settingsText(swaField.parse({}))];
  const decay = `what weight_decay acts on: ${decayField.options.join(", ")}; weights spares biases and norms (default: all)`;
  return command
    .addOption(new Option("--decay <NAME>", decay))
    .addOption(
      new Option("--lookahead <key=value,...>", `slow weights beside the optimizer's, as in ${slow}`).argParser(
        parsePairs,
      ),
    )
    .addOption(
      new Option("--ema <key=value,...>", `evaluate a moving average of the weights, as in ${moving}`).argParser(
        parsePairs,
      ),
    )
    .addOption(
      new Option("--swa <key=value,...>", `evaluate the mean of late weights, as in ${late}`).argParser(parsePairs),
    )
    .addOption(new Option("--sam <key=value,...>", `two gradients a step, as in ${sharp}`).argParser(parsePairs));
}
