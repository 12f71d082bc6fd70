import type { Safetensors } from "../io/safetensors.ts";

/**
 * The best weights in a checkpoint. While a run goes on, the parameters and running statistics stand under their names and the
 * best ones under `best.NAME`. Once it has ended with early stopping, the best ones have the names themselves, as what the run
 * came to, and those that training would go on with are `last.NAME`.
 */

const MEMBER = /^(member\.\d+\.)?(.*)$/s;

/** `member.3.best.fc1.weight` of `member.3.fc1.weight` */
export const besideName = (kind: "best" | "last", name: string): string => name.replace(MEMBER, `$1${kind}.$2`);

/** A name without what besideName put in; undefined where nothing is. */
function plainName(kind: "best" | "last", name: string): string | undefined {
  const [, prefix = "", own = ""] = MEMBER.exec(name) ?? [];
  return own.startsWith(`${kind}.`) ? `${prefix}${own.slice(kind.length + 1)}` : undefined;
}

/** Gives the names of all tensors that stand beside others as `from` to those, which stand beside them as `to` then. */
function exchange(tensors: Safetensors["tensors"], from: "best" | "last", to: "best" | "last"): Safetensors["tensors"] {
  const exchanged = new Map(tensors);
  for (const [name, tensor] of tensors) {
    const plain = plainName(from, name);
    if (plain === undefined) continue;
    const other = tensors.get(plain);
    exchanged.delete(name);
    exchanged.set(plain, tensor);
    if (other) exchanged.set(besideName(to, plain), other);
  }
  return exchanged;
}

/** Whether a checkpoint is of a run that ended with its best weights in place. */
export const isRestored = ({ metadata }: Safetensors): boolean => metadata.restored === "true";

/** A checkpoint with its best weights in place, where it has some. */
export function withBest({ tensors, metadata }: Safetensors): Safetensors {
  if (![...tensors.keys()].some((name) => plainName("best", name) !== undefined)) return { tensors, metadata };
  return { tensors: exchange(tensors, "best", "last"), metadata: { ...metadata, restored: "true" } };
}

/** A checkpoint as training goes on from it: with the last weights in place. */
export function withLast(checkpoint: Safetensors): Safetensors {
  if (!isRestored(checkpoint)) return checkpoint;
  const { restored: _, ...metadata } = checkpoint.metadata;
  return { tensors: exchange(checkpoint.tensors, "last", "best"), metadata };
}

/**
 * The best weights of a checkpoint by themselves, to be evaluated or started from; undefined where it has none. Nothing can be
 * resumed from them.
 */
export function bestOf(checkpoint: Safetensors): Safetensors | undefined {
  const { tensors, metadata } = withLast(checkpoint);
  const best = [...tensors].flatMap(([name, tensor]) => {
    const plain = plainName("best", name);
    return plain === undefined ? [] : ([[plain, tensor]] as const);
  });
  if (best.length === 0) return undefined;
  const { format = "", recipe = "", kernels = "", early_stopping = "", table } = metadata;
  const own = { format, recipe, kernels, early_stopping, ...(table !== undefined && { table }) };
  return { tensors: new Map(best), metadata: own };
}
