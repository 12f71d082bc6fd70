import { z } from "zod";
import type { Gpu } from "../gpu/device.ts";
import { findOptimizer, optimizers } from "./registry.ts";
import { runTrajectory } from "./trajectory.ts";

const numbers = z.array(z.number());

/** A trajectory that another implementation computed: gradients in, parameters out. */
const caseSchema = z.object({
  id: z.string(),
  optimizer: z.looseObject({ name: z.string() }),
  params0: numbers.min(1),
  grads: z.array(numbers).min(1),
  /** Parameters after the steps that are named, counted from 1. */
  params_after: z.record(z.string().regex(/^[1-9]\d*$/), numbers),
  /** The optimizer's state after the last step; what is no array of parameters' length is not compared. */
  state_after_last: z.record(z.string(), z.unknown()).nullish(),
});

const fileSchema = z.object({ cases: z.array(caseSchema).min(1) });

export type GoldenCase = z.output<typeof caseSchema>;

/** The bound: |difference| <= ABSOLUTE + RELATIVE |golden|, what f32 leaves of f64 over some ten steps. */
const ABSOLUTE = 1e-6;
const RELATIVE = 1e-5;

/** How near a case came. */
export interface GoldenResult {
  readonly id: string;
  /** Why the case could not run, such as an optimizer that does not exist: that too is a failure. */
  readonly fault?: string;
  /** Largest difference as a share of its bound; over 1 fails. */
  readonly worst: number;
  /** That difference itself, and where it lies: `params after 10, element 3`. */
  readonly error: number;
  readonly where: string;
}

/** What the file must hold, for someone who gave another one. */
const SHAPE =
  'it must be an object with a list "cases", each case with id, optimizer, params0, grads and params_after, ' +
  "as in test/golden/optimizers.json";

const KINDS: Readonly<Record<string, string>> = {
  array: "a list",
  object: "an object with fields",
  record: "an object with fields",
  string: "a text",
  number: "a number",
  boolean: "true or false",
};

/** Faults in plain words; undefined leaves zod's. */
function plainly(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === "invalid_type") {
    return issue.input === undefined ? "is missing" : `must be ${KINDS[issue.expected] ?? issue.expected}`;
  }
  if (issue.code === "unrecognized_keys") return `there is no ${issue.keys.map((key) => `"${key}"`).join(", ")}`;
  if (issue.code === "invalid_key") return "must name a step, counted from 1";
  return issue.code === "too_small" && issue.origin === "array" ? "must not be empty" : undefined;
}

/** `cases.0.params0: must be a list` */
const faultOf = ({ path, message }: z.core.$ZodIssue) =>
  `${path.length > 0 ? `${path.map(String).join(".")}: ` : ""}${message}`;

/**
 * Reads a golden file's cases.
 * @throws Error naming the file and what about it is wrong
 */
export function parseGolden(text: string, file: string): readonly GoldenCase[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new Error(`${file}: cannot be read as JSON: ${(cause as Error).message}`, { cause });
  }
  const parsed = fileSchema.safeParse(json, { error: plainly });
  if (!parsed.success) {
    const [issue] = parsed.error.issues as [z.core.$ZodIssue];
    throw new Error(`${file}: not a golden file of optimizers: ${faultOf(issue)}; ${SHAPE}`);
  }
  for (const { id, params0, grads, params_after } of parsed.data.cases) {
    const lengths = [...grads, ...Object.values(params_after)].map((values) => values.length);
    if (lengths.some((length) => length !== params0.length)) {
      throw new Error(
        `${file}: case ${id}: every gradient and result must have ${params0.length} elements, as params0 has`,
      );
    }
    const last = Math.max(0, ...Object.keys(params_after).map(Number));
    if (last === 0 || last > grads.length) {
      throw new Error(`${file}: case ${id}: params_after names step ${last}, but there are ${grads.length} gradients`);
    }
  }
  return parsed.data.cases;
}

/** Runs one case through the real kernels and compares. */
export async function runGolden(gpu: Gpu, golden: GoldenCase): Promise<GoldenResult> {
  const { name, ...given } = golden.optimizer;
  const failed = (fault: string): GoldenResult => ({
    id: golden.id,
    fault,
    worst: Number.POSITIVE_INFINITY,
    error: Number.NaN,
    where: "",
  });
  const optimizer = findOptimizer(name);
  if (!optimizer) {
    return failed(`there is no optimizer "${name}"; there is ${optimizers.map((known) => known.name).join(", ")}`);
  }
  const hyper = optimizer.hyper.safeParse(given, { error: plainly });
  if (!hyper.success) {
    const known = Object.keys(optimizer.hyper.parse({})).join(", ");
    return failed(`${name}: ${hyper.error.issues.map(faultOf).join("; ")}; it takes ${known}`);
  }
  if (optimizer.needsLoss) return failed(`${name}: goes by the loss too, which such a file does not hold`);
  const { params0, grads } = golden;
  const run = await runTrajectory(
    gpu,
    optimizer,
    hyper.data,
    params0,
    grads.length,
    (_, t) => grads[t - 1] as number[],
  );
  let result: GoldenResult = { id: golden.id, worst: 0, error: 0, where: "" };
  const compare = (got: ArrayLike<number>, expected: readonly number[], what: string) => {
    expected.forEach((value, i) => {
      const error = Math.abs((got[i] as number) - value);
      const share = error / (ABSOLUTE + RELATIVE * Math.abs(value));
      // A NaN is never within the bound.
      if (!(share <= result.worst))
        result = {
          ...result,
          worst: Number.isNaN(share) ? Number.POSITIVE_INFINITY : share,
          error,
          where: `${what}, element ${i}`,
        };
    });
  };
  for (const [step, expected] of Object.entries(golden.params_after)) {
    compare(run.params[Number(step) - 1] as Float32Array, expected, `params after ${step}`);
  }
  for (const [slot, expected] of Object.entries(golden.state_after_last ?? {})) {
    const got = run.state[slot];
    if (got && Array.isArray(expected) && expected.length === params0.length) compare(got, expected as number[], slot);
  }
  return result;
}
