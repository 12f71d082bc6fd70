import { z } from "zod";
import { type Property, rangeOf } from "../describe.ts";
import type { Schedule } from "./schedule.ts";

/** A parameter of a schedule, as its schema has it. */
export interface ParameterDescription {
  readonly name: string;
  /** Whether it must be given. */
  readonly required: boolean;
  /** Absent where it must be given, or where its description says what holds without it. */
  readonly default?: number | boolean | string;
  readonly description: string;
  /** What may be given, in words. */
  readonly range: string;
}

/** A schedule for lists and documents; it is read off the declaration. */
export interface ScheduleDescription {
  readonly name: string;
  readonly summary: string;
  readonly formula: string;
  readonly parameters: readonly ParameterDescription[];
  readonly source: string;
}

/** Describes a schedule. */
export function describeSchedule({ name, summary, formula, parameters, source }: Schedule): ScheduleDescription {
  const { properties = {}, required = [] } = z.toJSONSchema(parameters, { io: "input" }) as {
    properties?: Record<string, Property>;
    required?: string[];
  };
  const described = Object.entries(properties).map(([name, property]) => ({
    name,
    required: required.includes(name),
    ...(property.default !== undefined && { default: property.default }),
    description: property.description ?? "",
    range: rangeOf(property),
  }));
  return { name, summary, formula, parameters: described, source };
}
