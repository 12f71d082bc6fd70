import { type Command, InvalidArgumentError, Option } from "commander";
import { emaField, swaField } from "../optim/averaging.ts";
import { decayField, lookaheadField, samField } from "../optim/wrappers.ts";
import { parseValue, type Value } from "./values.ts";

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
  const usual = (settings: object) =>
    Object.entries(settings)
      .map(([key, value]) => `${key}=${value}`)
      .join(",");
  const [slow, sharp] = [usual(lookaheadField.parse({})), usual(samField.parse({}))];
  const [moving, late] = [usual(emaField.parse({})), usual(swaField.parse({}))];
  const decay = `what weight_decay acts on: ${decayField.options.join(", ")}; weights spares biases and norms (default: all)`;
  return command
    .addOption(new Option("--decay <NAME>", decay))
    .addOption(
      new Option("--lookahead <key=value,...>", `slow weights beside the optimizer's, as in ${slow}`).argParser(parse),
    )
    .addOption(
      new Option("--ema <key=value,...>", `evaluate a moving average of the weights, as in ${moving}`).argParser(parse),
    )
    .addOption(new Option("--swa <key=value,...>", `evaluate the mean of late weights, as in ${late}`).argParser(parse))
    .addOption(new Option("--sam <key=value,...>", `two gradients a step, as in ${sharp}`).argParser(parse));
}

/** `k=5,alpha=0.5` */
function parse(text: string): Record<string, Value> {
  const settings = text.split(",").map((part): [string, Value] => {
    const [key = "", value, ...more] = part.split("=");
    if (key === "" || value === undefined || more.length > 0) {
      throw new InvalidArgumentError(`"${part}" must be key=value`);
    }
    return [key, parseValue(value)];
  });
  const keys = settings.map(([key]) => key);
  const twice = keys.find((key, i) => keys.indexOf(key) !== i);
  if (twice !== undefined) throw new InvalidArgumentError(`"${twice}" is given twice`);
  return Object.fromEntries(settings);
}
