import type { Tuning } from "./protocol.ts";
import type { Trial } from "./records.ts";

/** The best trial: of the highest accuracy, the lower loss where two have the same, or of the lowest loss. */
export function chooseTrial(trials: readonly Trial[], by: Tuning["by"]): Trial | undefined {
  const loss = ({ val_loss }: Trial) => (Number.isFinite(val_loss) ? val_loss : Number.POSITIVE_INFINITY);
  const isBetter = (a: Trial, b: Trial) =>
    by === "accuracy" && a.val_accuracy !== b.val_accuracy ? a.val_accuracy > b.val_accuracy : loss(a) < loss(b);
  return trials.reduce<Trial | undefined>((best, one) => (best && !isBetter(one, best) ? best : one), undefined);
}

/** Whether the chosen rate is the least or the largest of several that were tried: a better one may lie beyond. */
export function isAtEdge(trials: readonly Trial[], lr: number | undefined): boolean {
  const rates = trials.flatMap((trial) => trial.lr ?? []);
  return lr !== undefined && rates.length > 1 && (lr === Math.min(...rates) || lr === Math.max(...rates));
}
