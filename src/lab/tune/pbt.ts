import { random4, uniform01 } from "../../data/random.ts";
import type { ExploreEvent } from "../../io/runLog.ts";
import { tidy } from "../sweep/values.ts";
import { DIGITS, type Range, valueAt } from "./space.ts";

// The decisions of population-based training (Jaderberg et al. 2017, "Population Based Training of Neural Networks"), with
// truncation selection: functions of the seed, the interval and what was measured alone.

/** How members are replaced. */
export interface PbtSettings {
  /** What members are ranked by, on the validation samples. */
  readonly by: "val_loss" | "val_accuracy";
  /** Of the population, the share at the end that copies one of the same share at the top; one member at least. */
  readonly share: number;
  /** How likely a copied setting is drawn anew rather than moved. */
  readonly resample: number;
  readonly seed: number;
}

/** What PBT does unless told otherwise. */
export const PBT_DEFAULTS: PbtSettings = { by: "val_loss", share: 0.25, resample: 0.25, seed: 0 };

/** A member that is replaced. */
export interface Decision {
  readonly model: number;
  readonly from: number;
  /** Of each range, in their order. */
  readonly changes: readonly Pick<ExploreEvent, "key" | "how" | "before" | "after">[];
}

/** Apart from all that training, sweeps and starts draw. */
const [PURPOSE_EXPLOIT, PURPOSE_EXPLORE] = [0xf3, 0xf4];

/** A logarithmic value is moved by these factors, and another by the same share of its range. */
const [DOWN, UP] = [0.8, 1.2];

/** Members from the best to the worst. What is no number is worse than any; of equals the first is better. */
export function rankMembers(figures: readonly number[], by: PbtSettings["by"]): number[] {
  const cost = (m: number) => {
    const figure = figures[m] as number;
    if (Number.isNaN(figure)) return Number.POSITIVE_INFINITY;
    return by === "val_loss" ? figure : -figure;
  };
  // Infinities are equal, and their difference is no number.
  return [...figures.keys()].sort((a, b) => (cost(a) === cost(b) ? a - b : cost(a) - cost(b)));
}

/** Members that an interval replaces: at least one, and never more than half. */
export const replacedCount = (members: number, share: number): number =>
  Math.max(1, Math.min(Math.floor(members / 2), Math.floor(members * share)));

/**
 * Who becomes a copy of whom at the end of an interval, and what with. A member that is as good as its source stays.
 * @param values of each member, [P][ranges]
 * @param figures of each member on the validation samples, by `settings.by`
 * @param interval counted from 1
 */
export function decide(
  ranges: readonly Range[],
  values: readonly (readonly number[])[],
  figures: readonly number[],
  interval: number,
  settings: PbtSettings,
): Decision[] {
  const ranking = rankMembers(figures, settings.by);
  const count = replacedCount(figures.length, settings.share);
  const same = (a: number, b: number) => Object.is(figures[a], figures[b]);
  return ranking.slice(-count).flatMap((model): Decision[] => {
    const [bits] = random4(settings.seed, PURPOSE_EXPLOIT, interval, model);
    const from = ranking[Math.floor(uniform01(bits) * count)] as number;
    if (same(from, model)) return [];
    const changes = ranges.map((range, axis) => {
      const words = random4(settings.seed, PURPOSE_EXPLORE, interval, model * ranges.length + axis);
      const before = values[from]?.[axis] as number;
      return { key: range.path, before, ...explore(range, before, words, settings.resample) };
    });
    return [{ model, from, changes }];
  });
}

/** The value that a copied one turns to. */
function explore(
  range: Range,
  value: number,
  [chance, direction, place]: readonly [number, number, number, number],
  resample: number,
): Pick<ExploreEvent, "how" | "after"> {
  if (uniform01(chance) < resample) return { how: "resample", after: valueAt(range, uniform01(place)) };
  const isUp = uniform01(direction) < 0.5;
  return { how: isUp ? "up" : "down", after: move(range, value, isUp ? UP : DOWN) };
}

/**
 * A value moved inside of its range. Logarithmic ones by the factor. The others by as much of the range: a factor would carry
 * a momentum of 0.9 in 0.8 to 0.99 to an end at once.
 */
export function move({ scale, low, high }: Range, value: number, factor: number): number {
  const clip = (moved: number) => Math.min(high, Math.max(low, moved));
  if (scale === "log") return clip(tidy(value * factor, DIGITS));
  const by = (factor - 1) * (high - low);
  if (scale === "uniform") return clip(tidy(value + by, DIGITS));
  return clip(Math.round(value) + Math.sign(by) * Math.max(1, Math.round(Math.abs(by))));
}
