import { z } from "zod";
import { describeHyper } from "../optim/describe.ts";
import type { Hyper, Optimizer } from "../optim/optimizer.ts";
import { findOptimizer } from "../optim/registry.ts";
import { findSchedule, schedules } from "../optim/schedules/registry.ts";
import type { Parameters } from "../optim/schedules/schedule.ts";
import { updateStructure } from "../optim/update.ts";
import { plainly, suggest } from "./messages.ts";
import { namedField } from "./namedField.ts";

/** A schedule's name with its parameters. */
export type ScheduleSetting = { readonly name: string } & Parameters;

/** A schedule in a recipe; what is left out takes the schedule's default. */
export const scheduleField = namedField<ScheduleSetting>(
  schedules.map(({ name }) => name),
  (name) => findSchedule(name)?.parameters,
);

/** The part of a recipe that schedules are about. */
export interface Scheduled {
  readonly optimizer: { readonly name: string } & Hyper;
  readonly schedule?: ScheduleSetting | undefined;
  readonly schedules?: Readonly<Record<string, ScheduleSetting>> | undefined;
}

/** A fault: where it lies in the recipe, and what is wrong. */
export interface Fault {
  readonly path: readonly string[];
  readonly message: string;
}

/** The names of a schedule's parameters; none where there is no such schedule. */
export function parametersOf(name: string): readonly string[] {
  const { properties = {} } = z.toJSONSchema(findSchedule(name)?.parameters ?? z.object(), {
    io: "input",
    unrepresentable: "any",
  }) as { properties?: object };
  return Object.keys(properties);
}

/** Every scheduled scalar of a recipe, `lr` among them. */
export function schedulesOf({ schedule, schedules = {} }: Scheduled): Readonly<Record<string, ScheduleSetting>> {
  return { ...(schedule && { lr: schedule }), ...schedules };
}

/** The hyper-parameter that goes against a cycled learning rate; undefined where the optimizer has none. */
export const momentumOf = (hyper: Hyper): string | undefined =>
  ["momentum", "beta1"].find((name) => typeof hyper[name] === "number");

/** What is wrong with a recipe's schedules: a scalar that the optimizer lacks, or values that it does not take. */
export function scheduleFaults(recipe: Scheduled): readonly Fault[] {
  const { name, ...rest } = recipe.optimizer;
  const hyper = rest as Hyper;
  const optimizer = findOptimizer(name) as Optimizer;
  const faults: Fault[] = [];
  const known = Object.keys(hyper).filter(
    (key) => typeof hyper[key] === "number" && actsOnSteps(optimizer, hyper, key),
  );
  if (recipe.schedules && Object.hasOwn(recipe.schedules, "lr")) {
    const message = 'the learning rate\'s schedule is the field "schedule"';
    return [{ path: ["schedules", "lr"], message }];
  }
  for (const [scalar, setting] of Object.entries(schedulesOf(recipe))) {
    const path = scalar === "lr" ? ["schedule"] : ["schedules", scalar];
    if (typeof hyper[scalar] === "number" && Object.hasOwn(hyper, scalar) && !known.includes(scalar)) {
      const { description } = describeHyper(optimizer.hyper).find((own) => own.name === scalar) ?? { description: "" };
      const what = `${name} reads ${scalar} at its start alone (${description}), so that a schedule of it would do nothing`;
      faults.push({ path, message: `${what}: leave it out` });
      continue;
    }
    if (!known.includes(scalar)) {
      const what = `${name} has no hyper-parameter "${scalar}" that can be scheduled`;
      faults.push({ path, message: `${what}${suggest(scalar, known)}; it has ${known.join(", ")}` });
      continue;
    }
    const range = findSchedule(setting.name)?.range(setting, hyper[scalar] as number) ?? [0, 0];
    const fault = rangeFault(optimizer, hyper, scalar, range);
    if (fault) faults.push({ path, message: fault });
    if (setting.cycle_momentum !== true) continue;
    const { base_momentum, max_momentum } = setting as { base_momentum?: number; max_momentum?: number };
    const momentum = momentumOf(hyper);
    const at = [...path, "cycle_momentum"];
    if (scalar !== "lr") faults.push({ path: at, message: "goes with the schedule of lr alone" });
    else if (!momentum) faults.push({ path: at, message: `${name} has neither momentum nor beta1 to cycle` });
    else if (recipe.schedules?.[momentum]) faults.push({ path: at, message: `${momentum} has a schedule of its own` });
    else {
      const fault = rangeFault(optimizer, hyper, momentum, [base_momentum ?? 0, max_momentum ?? 0]);
      if (fault) faults.push({ path: at, message: fault });
    }
  }
  return faults;
}

/** Whether the scalar is read at each step, and not at the start alone. */
function actsOnSteps(optimizer: Optimizer, hyper: Hyper, scalar: string): boolean {
  const early = [1, 2, 100]; // some terms start late
  const [a, b] = [0.25, 0.5].map((value) =>
    JSON.stringify(early.map((t) => optimizer.step({ ...hyper, [scalar]: value }, t))),
  );
  return a !== b;
}

/** Why the optimizer cannot take the scalar's values on their way from the least to the largest. */
function rangeFault(
  optimizer: Optimizer,
  hyper: Hyper,
  scalar: string,
  [least, largest]: readonly [number, number],
): string | undefined {
  // A learning rate may end at 0. A value between the ends shows whether fractions are allowed.
  const values = [...(scalar === "lr" && least === 0 ? [] : [least]), largest, least + 0.618 * (largest - least)];
  for (const value of values) {
    const changed = { ...hyper, [scalar]: value };
    const parsed = optimizer.hyper.safeParse(changed, { error: plainly });
    if (!parsed.success) return `its values reach ${scalar} ${value}: ${parsed.error.issues[0]?.message}`;
    if (updateStructure(optimizer, changed) !== updateStructure(optimizer, hyper)) {
      const what = `its values reach ${scalar} ${value}, which changes the parts of ${optimizer.name} that run`;
      return `${what}: give ${scalar} itself a value that has them all`;
    }
  }
  return undefined;
}
