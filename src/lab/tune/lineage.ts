import type { ExploitEvent, LogEvent, RankEvent } from "../../io/runLog.ts";

/** A member at the end of an interval. */
export type Ranked = Omit<RankEvent, "event">;

/** The members of each interval that was concluded, in order: [intervals][P], by their places. */
export function intervalsOf(events: readonly LogEvent[]): Ranked[][] {
  const intervals = new Map<number, Ranked[]>();
  for (const event of events) {
    if (event.event !== "rank") continue;
    const { event: _, ...ranked } = event;
    const own = intervals.get(event.step) ?? [];
    own[event.model] = ranked;
    intervals.set(event.step, own);
  }
  return [...intervals].sort(([a], [b]) => a - b).map(([, members]) => members);
}

/** When a member became a copy of another, in order. */
export const takeovers = (events: readonly LogEvent[], model: number): ExploitEvent[] =>
  events.filter((event): event is ExploitEvent => event.event === "exploit" && event.model === model);

/**
 * What the parameters of a member went through: at the end of each interval the member that they were trained in, from the
 * first to the last. Its values are the schedule that came to these parameters.
 */
export function lineageOf(events: readonly LogEvent[], model: number): Ranked[] {
  const lineage: Ranked[] = [];
  let at = model;
  for (const members of intervalsOf(events).toReversed()) {
    const own = members[at];
    // A copy that was made here is trained from the next interval on.
    const copied = takeovers(events, at).find(({ step }) => step === members.find(Boolean)?.step);
    const source = copied ? members[copied.from] : own;
    if (copied) at = copied.from;
    if (source) lineage.unshift(source);
  }
  return lineage;
}

/** The events of a log that a checkpoint stands for: those before it, and a decision where it is taken. */
export function eventsUntil(
  events: readonly LogEvent[],
  { step, evaluated }: { readonly step: number; readonly evaluated: boolean },
): LogEvent[] {
  return events.filter((event) => {
    if (event.event === "start") return true;
    if (event.event === "done" || event.event === "eval") return false;
    return event.step < step || (event.step === step && (event.event === "step" || evaluated));
  });
}
