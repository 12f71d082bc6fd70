import { type Command, InvalidArgumentError, Option } from "commander";
import { schedules } from "../optim/schedules/registry.ts";
import type { Recipe } from "../train/recipe.ts";
import type { ScheduleSetting } from "../train/scheduleField.ts";
import { parseValue, type Value } from "./values.ts";

/** The fields of a recipe that `--schedule` sets. */
export interface ScheduleFlags {
  readonly schedule?: object;
  readonly schedules?: Readonly<Record<string, object>>;
}

/** `--schedule`, once for each scalar. */
export function addScheduleOption(command: Command): Command {
  const names = schedules.map(({ name }) => name).join(", ");
  const text =
    `${names}; as in cosine:warmup=600, weight_decay=linear for another hyper-parameter, and again for each ` +
    "(default: constant)";
  return command.addOption(new Option("--schedule <[lr=]NAME[:key=value,...]>", text).argParser(parseSchedule));
}

/** `cosine:warmup=10`, `beta1=step:step_size=100`, `multi_step:milestones=30,60,gamma=0.5` */
export function parseSchedule(text: string, before: ScheduleFlags = {}): ScheduleFlags {
  const [head = "", ...rest] = text.split(":");
  const parts = head.split("=");
  if (parts.length > 2 || parts.includes("")) {
    throw new InvalidArgumentError(`"${head}" must be a schedule's name, or scalar=name`);
  }
  const [scalar, name] = parts.length === 2 ? (parts as [string, string]) : ["lr", head];
  if (scalar === "lr" ? before.schedule : before.schedules?.[scalar]) {
    throw new InvalidArgumentError(`${scalar} has a schedule already`);
  }
  const setting = { name, ...parseParameters(rest.join(":")) };
  if (scalar === "lr") return { ...before, schedule: setting };
  return { ...before, schedules: { ...before.schedules, [scalar]: setting } };
}

/** `key=value,...`; a value without a key goes on with the list before it. */
function parseParameters(text: string): Record<string, Value | Value[]> {
  const parameters: Record<string, Value | Value[]> = {};
  let last: string | undefined;
  for (const part of text === "" ? [] : text.split(",")) {
    const [key = "", value, ...more] = part.split("=");
    if (value === undefined && last !== undefined && key !== "") {
      parameters[last] = [parameters[last] ?? [], parseValue(key)].flat();
      continue;
    }
    if (key === "" || value === undefined || more.length > 0) {
      throw new InvalidArgumentError(`"${part}" must be key=value`);
    }
    if (Object.hasOwn(parameters, key)) throw new InvalidArgumentError(`"${key}" is given twice`);
    parameters[key] = parseValue(value);
    last = key;
  }
  return parameters;
}

/** A recipe's schedules in the form of their flag, where it has any: `cosine:eta_min=0,warmup=600,by=step`. */
export function describeSchedules({ schedule, schedules = {} }: Recipe): string[] {
  const text = ({ name, ...parameters }: ScheduleSetting) => {
    const given = Object.entries(parameters).filter(([, value]) => value !== undefined);
    return `${name}:${given.map(([key, value]) => `${key}=${value}`).join(",")}`;
  };
  const others = Object.entries(schedules).map(([scalar, setting]) => `${scalar}=${text(setting)}`);
  return [...(schedule ? [text(schedule)] : []), ...others];
}
