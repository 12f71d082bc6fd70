import { constant } from "./constant.ts";
import { cosine } from "./cosine.ts";
import { cosineRestarts } from "./cosineRestarts.ts";
import { cyclic } from "./cyclic.ts";
import { exponential } from "./exponential.ts";
import { inverseSqrt } from "./inverseSqrt.ts";
import { linear } from "./linear.ts";
import { multiStep } from "./multiStep.ts";
import { oneCycle } from "./oneCycle.ts";
import { polynomial } from "./polynomial.ts";
import { reduceOnPlateau } from "./reduceOnPlateau.ts";
import type { Schedule } from "./schedule.ts";
import { step } from "./step.ts";
import { warmupStableDecay } from "./warmupStableDecay.ts";

/** Every schedule, by rising complexity. */
export const schedules: readonly Schedule[] = [
  constant,
  step,
  multiStep,
  exponential,
  polynomial,
  linear,
  inverseSqrt,
  cosine,
  cosineRestarts,
  cyclic,
  oneCycle,
  warmupStableDecay,
  reduceOnPlateau,
];

/** A schedule by its name. */
export function findSchedule(name: string): Schedule | undefined {
  return schedules.find((schedule) => schedule.name === name);
}
