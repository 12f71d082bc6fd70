import { type Figure, figureAt, isBetter, meanOf, type Trial, type TrialRecord } from "./trials.ts";

/** Successive halving: of the settings at each rung, the better 1 / eta go on. */
export interface Halving {
  /** Above 1. */
  readonly eta: number;
  /** Epochs of the first rung; each further one has eta times those of the rung before. */
  readonly min_epochs: number;
}

/** What is asked of a sweep's trials. */
export interface Course {
  readonly by: Figure;
  readonly halving?: Halving | undefined;
  /** Epochs in all trials together, at most. */
  readonly budget?: number | undefined;
  /** A trial's whole length in epochs. */
  readonly epochsOf: (trial: Trial) => number;
}

/** Part of a trial: up to the end of an epoch, or to its own end where `until` is its whole length. */
export interface Leg {
  readonly trial: Trial;
  readonly until: number;
}

/** What is to be done, and who has been left behind. */
export interface Standing {
  /** All that can run now, in order; empty where the sweep is done. */
  readonly legs: readonly Leg[];
  /** Settings that a rung has stopped, and the epochs of that rung. */
  readonly stopped: ReadonlyMap<number, number>;
  /** Settings that the budget leaves out. */
  readonly skipped: ReadonlySet<number>;
}

/**
 * What a sweep has to do next. A pure function of what is done: a rung decides once all of its trials are there, whatever their
 * order was, so that a sweep that was stopped comes to the same end. Source: Jamieson and Talwalkar 2016; the rungs are those
 * of ASHA, Li et al. 2020, which decides before all are there.
 */
export function standingOf(
  trials: readonly Trial[],
  records: ReadonlyMap<string, TrialRecord>,
  { by, halving, budget = Number.POSITIVE_INFINITY, epochsOf }: Course,
): Standing {
  const settings = new Map<number, Trial[]>();
  for (const trial of trials) settings.set(trial.setting, [...(settings.get(trial.setting) ?? []), trial]);
  const stopped = new Map<number, number>();
  const skipped = new Set<number>();
  const longest = Math.max(0, ...trials.map(epochsOf));
  let alive = [...settings.keys()];
  let [reached, left] = [0, budget];
  for (const rung of rungsOf(halving, longest)) {
    const lengthOf = (trial: Trial, epochs: number) => Math.min(epochs, epochsOf(trial));
    alive = alive.filter((setting) => {
      const own = settings.get(setting) ?? [];
      const cost = own.reduce((sum, trial) => sum + lengthOf(trial, rung) - lengthOf(trial, reached), 0);
      if (cost > left + 1e-9) {
        skipped.add(setting);
        return false;
      }
      left -= cost;
      return true;
    });
    const legs = alive
      .flatMap((setting) => settings.get(setting) ?? [])
      .map((trial) => ({ trial, until: lengthOf(trial, rung) }))
      .filter(({ trial, until }) => !hasReached(records.get(trial.key), until, epochsOf(trial)));
    if (legs.length > 0 || rung === longest || !halving) return { legs, stopped, skipped };
    const figure = new Map(
      alive.map((setting) => {
        const own = (settings.get(setting) ?? []).flatMap(({ key }) => records.get(key) ?? []);
        return [setting, meanOf(own.map((record) => figureAt(record, by, rung)))];
      }),
    );
    const ranked = [...alive].sort((a, b) => {
      const [x, y] = [figure.get(a) as number, figure.get(b) as number];
      return isBetter(x, y, by) ? -1 : isBetter(y, x, by) ? 1 : a - b;
    });
    const kept = Math.max(1, Math.floor(ranked.length / halving.eta));
    for (const setting of ranked.slice(kept)) stopped.set(setting, rung);
    alive = ranked.slice(0, kept);
    reached = rung;
  }
  return { legs: [], stopped, skipped };
}

/** The epochs of each rung, the last one the whole length. */
export function rungsOf(halving: Halving | undefined, epochs: number): number[] {
  const rungs: number[] = [];
  if (halving) {
    for (let rung = halving.min_epochs; rung < epochs; rung = Math.max(rung + 1, Math.round(rung * halving.eta))) {
      rungs.push(rung);
    }
  }
  return [...rungs, epochs];
}

/** Whether a trial has been evaluated at an epoch's end, or at its own. */
function hasReached(record: TrialRecord | undefined, until: number, length: number): boolean {
  if (!record) return false;
  if (record.finished) return true;
  return until < length && (record.evaluations.at(-1)?.epoch ?? 0) >= until;
}
