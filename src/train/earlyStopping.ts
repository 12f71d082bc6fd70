import { z } from "zod";
import type { EvalEvent } from "../io/runLog.ts";
import type { EarlyStopping } from "./validationField.ts";

/** A measured number; JSON has the ones that are no number as texts. */
const measured = z.union([z.number(), z.enum(["NaN", "Infinity", "-Infinity"]).transform(Number)]);

const stateSchema = z.object({
  /** The evaluation with the best figure so far; its weights are kept. */
  best: z
    .object({
      event: z.literal("eval"),
      epoch: z.number(),
      step: z.number(),
      model: z.number(),
      train_loss: measured,
      test_loss: measured,
      test_accuracy: measured.optional(),
      test_rmse: measured.optional(),
      test_r2: measured.optional(),
      val_loss: measured.optional(),
      val_accuracy: measured.optional(),
      val_rmse: measured.optional(),
      val_r2: measured.optional(),
    })
    .optional(),
  /** The figure that a better one must beat by more than min_delta. */
  reference: measured.optional(),
  /** Epochs since there was one. */
  waited: z.number(),
  /** Epochs that were observed; a member that has stopped is not observed any more. */
  epochs: z.number(),
  stopped: z.boolean(),
});

/** What a member's early stopping remembers of the epochs before. Plain data, kept in checkpoints. */
export type StoppingState = z.output<typeof stateSchema>;

/** Before the first epoch. */
export const STOPPING_START: StoppingState = { waited: 0, epochs: 0, stopped: false };

/** What the best weights are chosen by, where nothing says so. */
export const DEFAULT_MONITOR: EarlyStopping["monitor"] = "val_loss";

/**
 * A member's state after an epoch. The best weights are those of the best figure, however little better it is; patience runs
 * anew only where it is better by more than min_delta, so that many small gains are worth waiting for once they add up to it.
 * A figure that is no number is worse than any. Without a setting nothing stops.
 */
export function observeEpoch(
  setting: EarlyStopping | undefined,
  state: StoppingState,
  evaluation: EvalEvent,
): { readonly state: StoppingState; readonly improved: boolean } {
  const { monitor = DEFAULT_MONITOR, min_delta = 0, patience = Number.POSITIVE_INFINITY } = setting ?? {};
  const sign = monitor === "val_accuracy" ? -1 : 1;
  const figureOf = (event: EvalEvent | undefined) => event && sign * (event[monitor] ?? Number.NaN);
  const figure = figureOf(evaluation) as number;
  const improved = isBelow(figure, figureOf(state.best as EvalEvent | undefined), 0);
  const counts = isBelow(figure, state.reference, min_delta);
  const waited = counts ? 0 : state.waited + 1;
  return {
    improved,
    state: {
      ...(improved ? { best: evaluation } : state.best && { best: state.best }),
      ...(counts ? { reference: figure } : state.reference !== undefined && { reference: state.reference }),
      waited,
      epochs: evaluation.epoch,
      stopped: state.stopped || waited >= patience,
    },
  };
}

/** Whether a value lies below another by more than `delta`. The first one does; no number is above all. */
function isBelow(value: number, other: number | undefined, delta: number): boolean {
  if (other === undefined) return true;
  if (Number.isNaN(other)) return !Number.isNaN(value);
  return value < other - delta;
}

/** The states as JSON, which read back to the same numbers. */
export function encodeStopping(states: readonly StoppingState[]): string {
  return JSON.stringify(states, (_, value) =>
    typeof value === "number" && !Number.isFinite(value) ? `${value}` : value,
  );
}

/**
 * Reads `encodeStopping` back.
 * @param file names the checkpoint in errors
 */
export function decodeStopping(text: string, file: string): readonly StoppingState[] {
  try {
    return z.array(stateSchema).parse(JSON.parse(text));
  } catch (cause) {
    throw new Error(`${file}: the state of its early stopping cannot be read: ${(cause as Error).message}`, { cause });
  }
}
