/**
 * The run log: JSON lines, an event each, in the order of the run. JSON has no NaN and no infinities, but a loss that has
 * become one must be seen: such a number is written as the string "NaN", "Infinity" or "-Infinity", which `Number(...)` of
 * JavaScript and `float(...)` of Python take back.
 */

/** First event: what runs, and where. */
export interface StartEvent {
  readonly event: "start";
  /** The recipe, complete. */
  readonly recipe: object;
  /** The adapter: its name and kind. */
  readonly adapter: object;
  /** The family of matrix kernels, or several with the base first: with others the numbers differ in rounding. */
  readonly kernels?: string;
  /** What a person should know of how they were chosen. */
  readonly note?: string;
  /** Names of a table's classes, by the number that they have in figures. */
  readonly classes?: readonly string[];
  /** Steps that were done before, where the run resumes another. */
  readonly resumed_step?: number;
  /** Members that had stopped before, where there are any. */
  readonly stopped?: readonly number[];
}

/** One step of one model. */
export interface StepEvent {
  readonly event: "step";
  /** From 1. */
  readonly step: number;
  /** Place in the population, from 0. */
  readonly model: number;
  /** Mean over this step's batch, before the update. */
  readonly loss: number;
  /** Learning rate of this step. */
  readonly lr: number;
}

/** How a model does on the test set. */
export interface TestFigures {
  /** The recipe's loss without smoothed or mixed labels, mean over the test set. */
  readonly test_loss: number;
  /** Of classes, 0..1 */
  readonly test_accuracy?: number | undefined;
  /** Of one value: root of the mean squared error, in its own unit. */
  readonly test_rmse?: number | undefined;
  /** Of values: the share of their variance that is told, 1 at most. */
  readonly test_r2?: number | undefined;
}

/** How it does on the validation samples, where the recipe holds some out. */
export interface ValidationFigures {
  readonly val_loss?: number | undefined;
  readonly val_accuracy?: number | undefined;
  readonly val_rmse?: number | undefined;
  readonly val_r2?: number | undefined;
}

/** One model on the test set, and on the validation samples. */
export interface EvalEvent extends TestFigures, ValidationFigures {
  readonly event: "eval";
  /** Epochs begun, from 1; the last may be incomplete. */
  readonly epoch: number;
  /** Steps done. */
  readonly step: number;
  readonly model: number;
  /** Mean over the epoch's steps. */
  readonly train_loss: number;
  /** Set where the model stops here, before the run's end; it has no further events. */
  readonly stopped?: true;
}

/** Where the time of a run went, in seconds. */
export interface RunSeconds {
  readonly total: number;
  /** First submit to last result, without compilation, upload, evaluation and checkpoints. */
  readonly train: number;
  readonly compile: number;
}

/** How one model ended. */
export interface ModelResult extends TestFigures, ValidationFigures {
  readonly seed: number;
  readonly train_loss: number;
  /** With early stopping: the epoch whose weights these are, the best one's. */
  readonly best_epoch?: number;
  /** The epoch after which the model stopped, where it did before the run's end. */
  readonly stopped_epoch?: number;
}

/** What the members of a population say together about the test set. */
export interface EnsembleResult {
  /** How they are put together: `mean`, of their probabilities or values. */
  readonly method: string;
  readonly accuracy?: number | undefined;
  /** Mean over the test set, where that is the recipe's loss: cross-entropy of the probabilities, squared error of the values. */
  readonly loss?: number | undefined;
  /** As of a model. */
  readonly rmse?: number | undefined;
  readonly r2?: number | undefined;
}

/** Last event of a run that came to its end. */
export interface DoneEvent {
  readonly event: "done";
  readonly steps: number;
  readonly seconds: RunSeconds;
  readonly models: readonly ModelResult[];
  /** Of population-based training: the place of the best member, which alone is among the models. */
  readonly winner?: number;
  /** Of a population that differs in its seeds. */
  readonly ensemble?: EnsembleResult;
}

/** Population-based training: one member on the validation samples, at the end of an interval. */
export interface RankEvent extends ValidationFigures {
  readonly event: "rank";
  /** Steps done. */
  readonly step: number;
  readonly model: number;
  /** From 1, the best. */
  readonly rank: number;
  /** What the interval was trained with, by the tuned settings' paths. */
  readonly values: Readonly<Record<string, number>>;
  /** Mean over the interval's steps. */
  readonly train_loss: number;
  readonly val_loss: number;
}

/** A member becomes a copy of another: its parameters, its optimizer's state, its running statistics and its settings. */
export interface ExploitEvent {
  readonly event: "exploit";
  readonly step: number;
  readonly model: number;
  /** Which member it is a copy of. */
  readonly from: number;
}

/** After that, one of its settings changes. */
export interface ExploreEvent {
  readonly event: "explore";
  readonly step: number;
  readonly model: number;
  /** The setting's path. */
  readonly key: string;
  /** By moving it up or down, or by drawing it anew. */
  readonly how: "up" | "down" | "resample";
  readonly before: number;
  readonly after: number;
}

/** What population-based training logs beside the events of a run. */
export type TuneEvent = RankEvent | ExploitEvent | ExploreEvent;

/** A line of the run log. */
export type RunEvent = StartEvent | StepEvent | EvalEvent | DoneEvent;

/** A line of any log: population-based training has more kinds of events. */
export type LogEvent = RunEvent | TuneEvent;

/** The numbers that an event must have; those in `measured` may be NaN or infinite. */
interface Fields {
  readonly counts: readonly string[];
  readonly measured: readonly string[];
  /** Measured ones that may be absent. */
  readonly optional?: readonly string[];
}

/** What there is by the kind of targets, and of validation samples. */
const OPTIONAL = ["accuracy", "rmse", "r2"];
const EVALUATED = ["val_loss", ...OPTIONAL.flatMap((name) => [`test_${name}`, `val_${name}`])];

const FIELDS: Readonly<Record<LogEvent["event"], Fields>> = {
  start: { counts: [], measured: [] },
  step: { counts: ["step", "model"], measured: ["loss", "lr"] },
  eval: {
    counts: ["epoch", "step", "model"],
    measured: ["train_loss", "test_loss"],
    optional: EVALUATED,
  },
  done: { counts: ["steps"], measured: [] },
  rank: { counts: ["step", "model", "rank"], measured: ["train_loss", "val_loss"], optional: EVALUATED },
  exploit: { counts: ["step", "model", "from"], measured: [] },
  explore: { counts: ["step", "model", "before", "after"], measured: [] },
};
const MODEL_FIELDS: Fields = {
  counts: ["seed"],
  measured: ["train_loss", "test_loss"],
  optional: EVALUATED,
};

/** JSON on one line, without its newline, for an event or a summary: numbers that JSON lacks become strings. */
export function jsonLine(value: object): string {
  return JSON.stringify(value, (_, item) => (typeof item === "number" && !Number.isFinite(item) ? `${item}` : item));
}

/**
 * Reads a run log back; NaN and infinities become numbers again. A last line without its newline, as a run that was
 * killed may leave, is left out. Fields not listed above are kept.
 * @param file names the log in errors
 * @throws Error with file and line for a line that is no event
 */
export function parseLog(text: string, file: string): LogEvent[] {
  const lines = text.split("\n").slice(0, -1);
  return lines.flatMap((line, index) => (line.trim() === "" ? [] : [parseEvent(line, `${file}:${index + 1}`)]));
}

/** Whether an event is one of population-based training's own. */
const isTuneEvent = (event: LogEvent): event is TuneEvent => ["rank", "exploit", "explore"].includes(event.event);

/** The same without what population-based training logs beside a run's events. */
export const parseRunLog = (text: string, file: string): RunEvent[] =>
  parseLog(text, file).filter((event): event is RunEvent => !isTuneEvent(event));

function parseEvent(line: string, where: string): LogEvent {
  let event: unknown;
  try {
    event = JSON.parse(line);
  } catch (cause) {
    throw new Error(`${where}: no valid JSON (${(cause as Error).message})`, { cause });
  }
  const kind = (event as { event?: unknown } | null)?.event;
  if (typeof kind !== "string" || !Object.hasOwn(FIELDS, kind)) {
    throw new Error(`${where}: expected an event of ${Object.keys(FIELDS).join(", ")}; found ${JSON.stringify(kind)}`);
  }
  restore(event as Record<string, unknown>, FIELDS[kind as LogEvent["event"]], where);
  if (kind === "done") {
    const { models } = event as { models?: unknown };
    if (!Array.isArray(models)) throw new Error(`${where}: the event "done" has no list of models`);
    for (const model of models) restore(Object(model), MODEL_FIELDS, where);
    const { ensemble } = event as { ensemble?: Record<string, unknown> };
    if (ensemble) restore(ensemble, { counts: [], measured: [], optional: ["loss", ...OPTIONAL] }, where);
  }
  return event as LogEvent;
}

/** Checks an object's numbers in place, and turns the strings that stand for measured ones back. */
function restore(object: Record<string, unknown>, fields: Fields, where: string): void {
  const optional = (fields.optional ?? []).filter((name) => Object.hasOwn(object, name));
  for (const name of [...fields.measured, ...optional]) {
    const value = object[name];
    if (value === "NaN" || value === "Infinity" || value === "-Infinity") object[name] = Number(value);
  }
  for (const name of [...fields.counts, ...fields.measured, ...optional]) {
    if (typeof object[name] !== "number") throw new Error(`${where}: "${name}" is no number`);
  }
}
